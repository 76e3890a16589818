/* vif/plan-vlan.h: VLANs and bandwidth in Open vSwitch's words. */
#include <errno.h>

#include "support/vif.h"
#include "vif/plan-vlan.h"

#define WITH(more)                                                                                 \
    "<interface type='bridge'><source bridge='br0'/><virtualport type='openvswitch'/>" more        \
    "</interface>"

static void every_form_of_vlan(void **state)
{
    static const struct {
        const char *xml;
        enum ovs_vlan_mode mode;
        int tag;
        size_t n_trunks;
        uint16_t trunks[3];
        const char *text;
    } cases[] = {
        {WITH(""), OVS_VLAN_TRUNK, -1, 0, {0}, "all"},
        {WITH("<vlan><tag id='100'/></vlan>"), OVS_VLAN_ACCESS, 100, 0, {0}, "100"},
        {WITH("<vlan><tag id='1'/></vlan>"), OVS_VLAN_ACCESS, 1, 0, {0}, "1"},
        {WITH("<vlan><tag id='4094'/></vlan>"), OVS_VLAN_ACCESS, 4094, 0, {0}, "4094"},
        {WITH("<vlan trunk='yes'><tag id='42'/></vlan>"), OVS_VLAN_TRUNK, -1, 1, {42}, "trunk 42"},
        {WITH("<vlan trunk='yes'><tag id='47'/><tag id='42'/></vlan>"),
         OVS_VLAN_TRUNK,
         -1,
         2,
         {42, 47},
         "trunk 42,47"},
        /* Several tags are a trunk, said or not. */
        {WITH("<vlan><tag id='3'/><tag id='2'/><tag id='1'/></vlan>"),
         OVS_VLAN_TRUNK,
         -1,
         3,
         {1, 2, 3},
         "trunk 1,2,3"},
        {WITH("<vlan trunk='yes'><tag id='47'/><tag id='42' nativeMode='untagged'/></vlan>"),
         OVS_VLAN_NATIVE_UNTAGGED,
         42,
         2,
         {42, 47},
         "trunk 42,47, 42 native-untagged"},
        {WITH("<vlan trunk='yes'><tag id='42' nativeMode='tagged'/><tag id='47'/></vlan>"),
         OVS_VLAN_NATIVE_TAGGED,
         42,
         2,
         {42, 47},
         "trunk 42,47, 42 native-tagged"},
        {WITH("<vlan><tag id='42' nativeMode='untagged'/></vlan>"),
         OVS_VLAN_NATIVE_UNTAGGED,
         42,
         1,
         {42},
         "trunk 42, 42 native-untagged"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vif_plan plan = drafted(cases[i].xml);
        const struct ovs_vlan *vlan = &plan.ports[0].vlan;
        auto_free char *text = vif_port_vlan_text(&plan.ports[0]);

        assert_string_equal(text, cases[i].text);
        assert_int_equal(vlan->mode, cases[i].mode);
        assert_int_equal(vlan->tag, cases[i].tag);
        assert_int_equal(vlan->n_trunks, cases[i].n_trunks);
        for (size_t t = 0; t < vlan->n_trunks; t++) {
            assert_int_equal(vlan->trunks[t], cases[i].trunks[t]);
        }
        assert_int_equal(plan.ports[0].n_notes, 0);
        vif_plan_clear(&plan);
    }
}

static void vlans_that_would_not_work_are_refused(void **state)
{
    (void)state;
    check_refused(WITH("<vlan><tag id='4095'/></vlan>"), -EINVAL,
                  "test.xml: interface 1: VLAN 4095 is reserved (IEEE 802.1Q) and no switch "
                  "forwards it; use 1 to 4094");
    check_refused(WITH("<vlan trunk='yes'><tag id='4095'/><tag id='1'/></vlan>"), -EINVAL,
                  "VLAN 4095 is reserved");
    check_refused(WITH("<vlan trunk='yes'><tag id='7'/><tag id='8'/><tag id='7'/></vlan>"), -EINVAL,
                  "VLAN 7 is listed twice; remove one of the tags");
    check_refused(WITH("<vlan trunk='yes'><tag id='7' nativeMode='tagged'/><tag id='7'/></vlan>"),
                  -EINVAL, "VLAN 7 is listed twice");
}

static void vlan_0_comes_with_a_note(void **state)
{
    struct vif_plan plan = drafted(WITH("<vlan><tag id='0'/></vlan>"));

    (void)state;
    assert_int_equal(plan.ports[0].vlan.tag, 0);
    assert_true(has_note(&plan.ports[0], "VLAN 0 is no VLAN to Open vSwitch"));
    vif_plan_clear(&plan);

    plan = drafted(WITH("<vlan trunk='yes'><tag id='5'/><tag id='0'/></vlan>"));
    assert_int_equal(plan.ports[0].vlan.trunks[0], 0);
    assert_true(has_note(&plan.ports[0], "frames without a VLAN tag"));
    vif_plan_clear(&plan);
}

/* What Open vSwitch is asked for because of a <bandwidth>. */
static struct ovs_qos qos_of(const char *xml, int *noted)
{
    struct vif_plan plan = drafted(xml);
    struct ovs_qos qos = plan.ports[0].qos;

    *noted = has_note(&plan.ports[0], "outbound peak is not used");
    vif_plan_clear(&plan);
    return qos;
}

static void bandwidth_is_converted(void **state)
{
    int noted;
    /* 1000 kB/s are 8 Mbit/s; 128 KiB are 1048576 bit. */
    struct ovs_qos qos = qos_of(WITH("<bandwidth><inbound average='1000' peak='2000' burst='128'/>"
                                     "<outbound average='500' burst='256'/></bandwidth>"),
                                &noted);

    (void)state;
    assert_int_equal(qos.egress_min_bps, 8000000);
    assert_int_equal(qos.egress_max_bps, 16000000);
    assert_int_equal(qos.egress_burst_bits, 1048576);
    assert_int_equal(qos.ingress_kbps, 4000);
    assert_int_equal(qos.ingress_burst_kb, 2097);
    assert_false(noted);

    /* Without a peak the average is the limit. */
    qos = qos_of(WITH("<bandwidth><inbound average='1000'/></bandwidth>"), &noted);
    assert_int_equal(qos.egress_max_bps, 8000000);
    assert_int_equal(qos.egress_burst_bits, 0);
    assert_int_equal(qos.ingress_kbps, 0);

    qos = qos_of(WITH("<bandwidth><outbound average='10' peak='20'/></bandwidth>"), &noted);
    assert_int_equal(qos.ingress_kbps, 80);
    assert_int_equal(qos.egress_max_bps, 0);
    assert_true(noted);
}

static void bandwidth_that_would_overflow_is_refused(void **state)
{
    const uint64_t most = UINT64_C(1) << 40;
    struct vif_bandwidth bandwidth = {.present = true, .inbound = {.average_kBps = most}};
    struct vif_port port = {0};
    char *error = NULL;

    (void)state;
    check_ok(vif_plan_bandwidth(&bandwidth, &port, &error), &error);
    assert_true(port.qos.egress_min_bps == most * 8000);
    bandwidth.inbound.average_kBps++;
    check_error(vif_plan_bandwidth(&bandwidth, &port, &error), -EINVAL, &error,
                "<bandwidth> inbound is out of range");
    bandwidth.inbound.average_kBps = 1;
    bandwidth.outbound.burst_KiB = most + 1;
    check_error(vif_plan_bandwidth(&bandwidth, &port, &error), -EINVAL, &error,
                "<bandwidth> outbound is out of range");
}

static void a_guaranteed_share_is_refused(void **state)
{
    struct vif_bandwidth bandwidth = {.present = true, .inbound = {.floor_kBps = 200}};
    struct vif_port port = {0};
    char *error = NULL;

    (void)state;
    check_error(vif_plan_bandwidth(&bandwidth, &port, &error), -EINVAL, &error,
                "<bandwidth> inbound floor='200': a guaranteed share needs libvirt's own network");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_vlan),
        cmocka_unit_test(vlans_that_would_not_work_are_refused),
        cmocka_unit_test(vlan_0_comes_with_a_note),
        cmocka_unit_test(bandwidth_is_converted),
        cmocka_unit_test(bandwidth_that_would_overflow_is_refused),
        cmocka_unit_test(a_guaranteed_share_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
