/* vif/port.h: a port's words, its mark, its keys in Open vSwitch, its differences. */
#include "support/vif.h"

#define UUID "11111111-1111-4111-8111-111111111111"
#define ID   "bb9fe61c-d236-5255-8aa5-42bdcb647e1e"

/* A port with something in every field that Open vSwitch gets to see. */
static struct vif_plan full_plan(void)
{
    return drafted(
        "<domain type='qemu'><name>red</name><uuid>" UUID "</uuid><devices>"
        "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/>"
        "<vlan trunk='yes'><tag id='20'/><tag id='10' nativeMode='tagged'/></vlan>"
        "<virtualport type='openvswitch'><parameters interfaceid='" ID "' profileid='web'/>"
        "</virtualport><target dev='web0'/><mtu size='1400'/><port isolated='yes'/>"
        "<bandwidth><inbound average='1' peak='2' burst='3'/><outbound average='4' burst='5'/>"
        "</bandwidth></interface></devices></domain>");
}

static void a_mark_names_the_domain(void **state)
{
    struct vif_port port = {.interface_id = ID};
    char uuid[] = UUID;

    (void)state;
    auto_free char *without = vif_port_mark(&port);
    assert_string_equal(without, "vifplug:" ID);
    port.domain_uuid = uuid;
    auto_free char *with = vif_port_mark(&port);
    assert_string_equal(with, "vifplug:" UUID);
}

static void vlans_need_a_switch_or_a_vlan_link(void **state)
{
    struct vif_port port = {.attachment = VIF_ATTACH_LINUX_BRIDGE, .vlan = {.tag = -1}};

    (void)state;
    auto_free char *bridge = vif_port_vlan_text(&port);
    assert_string_equal(bridge, "-");
    port.attachment = VIF_ATTACH_NONE;
    auto_free char *none = vif_port_vlan_text(&port);
    assert_string_equal(none, "-");
    port.attachment = VIF_ATTACH_LOWER;
    port.vlan.mode = OVS_VLAN_TRUNK;
    auto_free char *all = vif_port_vlan_text(&port);
    assert_string_equal(all, "-");
    port.vlan.mode = OVS_VLAN_ACCESS;
    port.vlan.tag = 100;
    auto_free char *tagged = vif_port_vlan_text(&port);
    assert_string_equal(tagged, "100");
}

static void macvtaps_differ_in_device_and_mode(void **state)
{
    char eth0[] = "eth0";
    char eth1[] = "eth1";
    struct vif_port fact = {.device = VIF_DEVICE_MACVTAP, .mode = MACVTAP_VEPA, .lower = eth0};
    struct vif_port wish = fact;

    (void)state;
    assert_null(vif_port_differences(&wish, &fact));
    wish.lower = eth1;
    wish.mode = MACVTAP_BRIDGE;
    wish.mode_auto = true;
    auto_free char *text = vif_port_differences(&wish, &fact);
    assert_string_equal(text,
                        "lower device is \"eth0\" instead of \"eth1\", mode left to vifplug is "
                        "\"no\" instead of \"yes\", mode is \"vepa\" instead of \"bridge\"");
}

static void another_way_to_be_connected_again_is_another_wish(void **state)
{
    struct vif_port wish = {
        .strategy = VIF_STRATEGY_HUB, .find = VIF_FIND_MAC, .follows_mac = true};
    struct vif_port fact = {.strategy = VIF_STRATEGY_REPLUG, .find = VIF_FIND_NAME};

    (void)state;
    auto_free char *text = vif_port_differences(&wish, &fact);
    assert_string_equal(text, "way to be connected again is \"replug\" instead of \"hub\", way to "
                              "find the lower device again is \"name\" instead of \"mac\", guest "
                              "trusted with its address is \"no\" instead of \"yes\"");
}

static const char *id_of(const struct ovs_port *ovs, const char *key)
{
    for (size_t i = 0; i < ovs->n_interface_ids; i++) {
        if (str_eq(ovs->interface_ids[i].key, key)) {
            return ovs->interface_ids[i].value;
        }
    }
    return "";
}

static void open_vswitch_is_told_all(void **state)
{
    struct vif_plan plan = full_plan();
    struct ovs_port ovs;

    (void)state;
    vif_port_to_ovs(&plan.ports[0], &ovs);
    assert_string_equal(ovs.name, "web0");
    assert_string_equal(ovs.bridge, "br0");
    assert_int_equal(ovs.vlan.mode, OVS_VLAN_NATIVE_TAGGED);
    assert_int_equal(ovs.vlan.tag, 10);
    assert_int_equal(ovs.vlan.n_trunks, 2);
    assert_int_equal(ovs.vlan.trunks[1], 20);
    assert_ptr_not_equal(ovs.vlan.trunks, plan.ports[0].vlan.trunks);
    assert_true(ovs.isolated);
    assert_int_equal(ovs.mtu_request, 1400);
    assert_int_equal(ovs.qos.egress_max_bps, 16000);
    assert_string_equal(ovs.replaces, "");
    assert_int_equal(ovs.n_interface_ids, 8);
    assert_string_equal(id_of(&ovs, "attached-mac"), "52:54:00:00:00:01");
    assert_string_equal(id_of(&ovs, "iface-id"), ID);
    assert_string_equal(id_of(&ovs, "iface-status"), "active");
    assert_string_equal(id_of(&ovs, "ifname"), "web0");
    assert_string_equal(id_of(&ovs, "port-profile"), "web");
    assert_string_equal(id_of(&ovs, "vm-id"), UUID);
    assert_string_equal(id_of(&ovs, "vm-uuid"), UUID);
    assert_string_equal(id_of(&ovs, "vm-name"), "red");
    ovs_port_clear(&ovs);
    vif_plan_clear(&plan);
}

static void what_is_not_known_has_no_key(void **state)
{
    struct vif_plan plan = drafted("<interface type='bridge'><source bridge='br0'/></interface>");
    struct ovs_port ovs;

    (void)state;
    vif_port_to_ovs(&plan.ports[0], &ovs);
    assert_int_equal(ovs.n_interface_ids, 4);
    for (size_t i = 1; i < ovs.n_interface_ids; i++) {
        assert_true(strcmp(ovs.interface_ids[i - 1].key, ovs.interface_ids[i].key) < 0);
    }
    ovs_port_clear(&ovs);
    vif_plan_clear(&plan);
}

static void a_copy_is_the_same_and_its_own(void **state)
{
    struct vif_plan plan = full_plan();
    struct vif_port copy;

    (void)state;
    vif_port_note(&plan.ports[0], "%s", "because");
    vif_port_copy(&copy, &plan.ports[0]);
    assert_null(vif_port_differences(&copy, &plan.ports[0]));
    vif_plan_clear(&plan);
    assert_string_equal(copy.name, "web0");
    assert_string_equal(copy.bridge, "br0");
    assert_string_equal(copy.notes[0], "because");
    assert_int_equal(copy.vlan.trunks[1], 20);
    vif_port_clear(&copy);
    assert_null(copy.bridge);
}

/* Checks what is said of two ports of which one was changed. */
#define check_difference(change, expected)                                                         \
    do {                                                                                           \
        struct vif_plan plan_ = full_plan();                                                       \
        struct vif_port *wish = &plan_.ports[0];                                                   \
        struct vif_port fact;                                                                      \
        vif_port_copy(&fact, wish);                                                                \
        change;                                                                                    \
        auto_free char *said_ = vif_port_differences(wish, &fact);                                 \
        assert_non_null(said_);                                                                    \
        assert_string_equal(said_, expected);                                                      \
        vif_port_clear(&fact);                                                                     \
        vif_plan_clear(&plan_);                                                                    \
    } while (0)

static void differences_are_said(void **state)
{
    (void)state;
    check_difference(str_assign(&fact.bridge, "br1"), "bridge is \"br1\" instead of \"br0\"");
    check_difference(str_assign(&fact.bridge, NULL), "bridge is unset instead of \"br0\"");
    check_difference(str_assign(&wish->domain_uuid, NULL),
                     "domain is \"" UUID "\" instead of unset");
    check_difference(str_assign(&fact.profile_id, "db"), "profile id is \"db\" instead of \"web\"");
    check_difference(fact.device = VIF_DEVICE_EXISTING,
                     "device is \"existing\" instead of \"tap\"");
    check_difference(fact.mac.octet[5] = 2, "MAC address is \"52:54:00:00:00:02\" instead of "
                                            "\"52:54:00:00:00:01\"");
    check_difference(fact.vlan.tag = 20, "VLAN is \"trunk 10,20, 20 native-tagged\" instead of "
                                         "\"trunk 10,20, 10 native-tagged\"");
    check_difference(fact.mtu = 0, "MTU is \"0\" instead of \"1400\"");
    check_difference(fact.n_queues = 2, "number of queues is \"2\" instead of \"1\"");
    check_difference(fact.persistent = true, "persistent is \"yes\" instead of \"no\"");
    check_difference(fact.owner = 7, "user is \"7\" instead of \"0\"");
    check_difference(fact.isolated = false, "isolated is \"no\" instead of \"yes\"");
    check_difference(fact.transient = true, "transient is \"yes\" instead of \"no\"");
    check_difference(str_assign(&fact.script, "/a"), "script is \"/a\" instead of unset");
    check_difference(fact.qos.ingress_kbps = 1,
                     "ingress rate in kbit/s is \"1\" instead of \"32\"");
    check_difference(fact.qos.egress_burst_bits = 0,
                     "egress burst in bit is \"0\" instead of \"24576\"");
    check_difference((fact.mtu = 1, fact.n_queues = 3),
                     "MTU is \"1\" instead of \"1400\", number of queues is \"3\" instead of "
                     "\"1\"");
}

static void names_and_notes_do_not_differ(void **state)
{
    struct vif_plan plan = full_plan();
    struct vif_port fact;

    (void)state;
    vif_port_copy(&fact, &plan.ports[0]);
    strcpy(fact.name, "other");
    str_assign(&fact.where, "elsewhere");
    vif_port_note(&fact, "by the way");
    str_assign(&fact.domain_name, "renamed");
    assert_null(vif_port_differences(&plan.ports[0], &fact));
    vif_port_clear(&fact);
    vif_plan_clear(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_names_the_domain),
        cmocka_unit_test(vlans_need_a_switch_or_a_vlan_link),
        cmocka_unit_test(macvtaps_differ_in_device_and_mode),
        cmocka_unit_test(another_way_to_be_connected_again_is_another_wish),
        cmocka_unit_test(open_vswitch_is_told_all),
        cmocka_unit_test(what_is_not_known_has_no_key),
        cmocka_unit_test(a_copy_is_the_same_and_its_own),
        cmocka_unit_test(differences_are_said),
        cmocka_unit_test(names_and_notes_do_not_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
