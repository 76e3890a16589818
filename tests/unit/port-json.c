/* vif/port.h: a port as JSON, and what is not one. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "support/vif.h"

/* Interfaces of all sorts. */
static const char *const samples[] = {
    "<interface type='bridge'><source bridge='br0'/></interface>",
    "<interface type='bridge'><source bridge='br0'/><virtualport type='openvswitch'>"
    "<parameters profileid='a \"quoted\" profile'/></virtualport><target dev='web0'/>"
    "<vlan><tag id='4094'/></vlan><mtu size='65521'/><model type='virtio'/><driver queues='256'/>"
    "</interface>",
    "<interface type='bridge'><source bridge='br0'/><virtualport type='openvswitch'/>"
    "<vlan trunk='yes'><tag id='0'/><tag id='7' nativeMode='untagged'/><tag id='9'/></vlan>"
    "<link state='down'/><alias name='ua-1'/><port isolated='yes'/></interface>",
    "<interface type='bridge'><source bridge='br0'/><virtualport type='openvswitch'/>"
    "<bandwidth><inbound average='1000000' peak='4294967295' burst='4294967295'/>"
    "<outbound average='4294967295' peak='1' burst='5'/></bandwidth></interface>",
    "<interface type='ethernet'><target dev='tap7' managed='no'/><script path='/a b'/>"
    "<downscript path='/c'/><model type='e1000'/></interface>",
    "<interface type='ethernet'><target dev='tap7' mode='ifname'/></interface>",
    "<domain type='qemu'><name>caf\xc3\xa9</name><uuid>11111111-1111-4111-8111-111111111111</uuid>"
    "<devices><interface type='bridge'><source bridge='br0'/></interface></devices></domain>",
};

static void many_ports_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        for (int persistent = 0; persistent < 2; persistent++) {
            const struct draft_context context = {.options = {.persistent = persistent,
                                                              .owner = persistent ? 4294967294U : 0,
                                                              .group = persistent ? 5 : (gid_t)-1,
                                                              .transient = persistent}};
            struct vif_plan plan;
            struct vif_port back;
            char *error = NULL;

            check_ok(draft_with(&context, samples[i], &plan, &error), &error);
            plan.ports[0].attachment = (enum vif_attachment)(i % 3);
            cJSON *json = vif_port_to_json(&plan.ports[0]);
            char *text = cJSON_PrintUnformatted(json);
            cJSON *read = cJSON_Parse(text);

            check_ok(vif_port_from_json(read, &back, &error), &error);
            assert_null(vif_port_differences(&plan.ports[0], &back));
            cJSON *again = vif_port_to_json(&back);
            assert_true(cJSON_Compare(json, again, true));
            cJSON_Delete(json);
            cJSON_Delete(read);
            cJSON_Delete(again);
            cJSON_free(text);
            vif_port_clear(&back);
            vif_plan_clear(&plan);
        }
    }
}

/* A port's JSON to break; caller deletes it. */
static cJSON *sample_json(void)
{
    struct vif_plan plan = drafted(samples[2]);
    cJSON *json = vif_port_to_json(&plan.ports[0]);

    vif_plan_clear(&plan);
    return json;
}

static void check_broken(const cJSON *json, const char *member)
{
    struct vif_port port;
    char *error = NULL;
    auto_free char *part = str_printf("member \"%s\" is missing or not what it should be", member);

    check_error(vif_port_from_json(json, &port, &error), -EINVAL, &error, part);
}

static void each_member_must_be_there(void **state)
{
    cJSON *names = sample_json();
    const cJSON *name;

    (void)state;
    cJSON_ArrayForEach(name, names)
    {
        cJSON *json = sample_json();

        cJSON_DeleteItemFromObjectCaseSensitive(json, name->string);
        check_broken(json, name->string);
        cJSON_Delete(json);
    }
    cJSON_Delete(names);
}

static void each_member_must_be_of_its_type(void **state)
{
    static const char *const wrong[] = {"{}", "[[]]", "\"\\u0001 nonsense\"", "-1", "1e300", "0.5"};
    cJSON *names = sample_json();
    const cJSON *name;

    (void)state;
    cJSON_ArrayForEach(name, names)
    {
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
            cJSON *json = sample_json();
            const cJSON *right = cJSON_GetObjectItemCaseSensitive(json, name->string);
            cJSON *value = cJSON_Parse(wrong[i]);

            /* Where any text will do, so will this one. */
            bool free_text = cJSON_IsString(value) &&
                             (cJSON_IsNull(right) || str_eq(name->string, "bridge") ||
                              str_eq(name->string, "alias") || str_eq(name->string, "model"));
            cJSON_ReplaceItemInObjectCaseSensitive(json, name->string, value);
            if (!free_text) {
                check_broken(json, name->string);
            }
            cJSON_Delete(json);
        }
    }
    cJSON_Delete(names);
}

/* A macvtap's JSON to break; caller deletes it. */
static cJSON *macvtap_json(void)
{
    struct vif_plan plan = drafted("<interface type='direct'><source dev='eth0' mode='private'/>"
                                   "<vlan><tag id='100'/></vlan></interface>");
    struct vif_port back;
    char *error = NULL;

    str_assign(&plan.ports[0].lower, "eth0");
    assert_int_equal(plan.ports[0].strategy, VIF_STRATEGY_REPLUG);
    assert_int_equal(plan.ports[0].find, VIF_FIND_NAME);
    plan.ports[0].strategy = VIF_STRATEGY_HUB;
    plan.ports[0].find = VIF_FIND_POOL;
    plan.ports[0].follows_mac = true;
    str_assign(&plan.ports[0].network, "net");
    cJSON *json = vif_port_to_json(&plan.ports[0]);

    check_ok(vif_port_from_json(json, &back, &error), &error);
    assert_null(vif_port_differences(&plan.ports[0], &back));
    assert_int_equal(back.mode, MACVTAP_PRIVATE);
    assert_string_equal(back.lower, "eth0");
    assert_int_equal(back.vlan.tag, 100);
    assert_int_equal(back.strategy, VIF_STRATEGY_HUB);
    assert_int_equal(back.find, VIF_FIND_POOL);
    assert_true(back.follows_mac);
    assert_string_equal(back.network, "net");
    vif_port_clear(&back);
    vif_plan_clear(&plan);
    return json;
}

static void macvtaps_come_back(void **state)
{
    static const struct {
        const char *member;
        const char *value;
    } wrong[] = {{"lower", "null"},        {"lower", "3"},        {"mode", "null"},
                 {"mode", "\"sideways\""}, {"mode", "true"},      {"mode_auto", "null"},
                 {"mode_auto", "\"yes\""}, {"device", "\"x\""},   {"strategy", "\"\""},
                 {"strategy", "null"},     {"find", "\"color\""}, {"find", "0"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        cJSON *json = macvtap_json();

        cJSON_ReplaceItemInObjectCaseSensitive(json, wrong[i].member, cJSON_Parse(wrong[i].value));
        check_broken(json, wrong[i].member);
        cJSON_Delete(json);
    }
    /* Nor has anything else a lower device, or a mode. */
    cJSON *json = sample_json();
    cJSON_ReplaceItemInObjectCaseSensitive(json, "mode", cJSON_Parse("\"vepa\""));
    check_broken(json, "mode");
    cJSON_ReplaceItemInObjectCaseSensitive(json, "mode", cJSON_CreateNull());
    cJSON_ReplaceItemInObjectCaseSensitive(json, "lower", cJSON_Parse("\"eth0\""));
    check_broken(json, "lower");
    cJSON_Delete(json);
}

/* Checks that a member of "vlan" or "qos" with this value breaks it. */
static void check_inner(const char *outer, const char *inner, const char *value)
{
    cJSON *json = sample_json();

    cJSON_ReplaceItemInObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, outer), inner,
                                           cJSON_Parse(value));
    check_broken(json, outer);
    cJSON_Delete(json);
}

static void inner_members_are_checked_too(void **state)
{
    (void)state;
    check_inner("vlan", "mode", "\"sideways\"");
    check_inner("vlan", "mode", "null");
    check_inner("vlan", "tag", "4096");
    check_inner("vlan", "tag", "-2");
    check_inner("vlan", "tag", "\"7\"");
    check_inner("vlan", "trunks", "{}");
    check_inner("vlan", "trunks", "[\"7\"]");
    check_inner("vlan", "trunks", "[4096]");
    check_inner("vlan", "trunks", "[-1]");
    check_inner("vlan", "trunks", "[1.5]");
    check_inner("qos", "ingress_kbps", "-1");
    check_inner("qos", "ingress_burst_kb", "null");
    check_inner("qos", "egress_min_bps", "1e300");
    check_inner("qos", "egress_max_bps", "\"\"");
    check_inner("qos", "egress_burst_bits", "true");
}

static void names_that_no_link_can_have(void **state)
{
    static const char *const names[] = {"\"\"", "\"sixteen-bytes-00\"", "\"../../etc\"", "\"a b\""};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        cJSON *json = sample_json();

        cJSON_ReplaceItemInObjectCaseSensitive(json, "name", cJSON_Parse(names[i]));
        check_broken(json, "name");
        cJSON_Delete(json);
    }
}

static void what_is_no_object_is_no_port(void **state)
{
    static const char *const texts[] = {"null", "[]", "7", "\"x\"", "{}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        cJSON *json = cJSON_Parse(texts[i]);

        check_broken(json, "name");
        cJSON_Delete(json);
    }
    check_broken(NULL, "name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_ports_come_back),
        cmocka_unit_test(macvtaps_come_back),
        cmocka_unit_test(each_member_must_be_there),
        cmocka_unit_test(each_member_must_be_of_its_type),
        cmocka_unit_test(inner_members_are_checked_too),
        cmocka_unit_test(names_that_no_link_can_have),
        cmocka_unit_test(what_is_no_object_is_no_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
