/* vif/vlan-link.h: the names of VLAN links. */
#include "support/test.h"

#include "vif/vlan-link.h"

static void check_name(const char *lower, int vlan, const char *wanted)
{
    char name[IFNAMSIZ];

    vif_vlan_link_name(lower, vlan, name);
    assert_string_equal(name, wanted);
}

static void a_name_has_device_and_vlan(void **state)
{
    (void)state;
    check_name("eth0", 100, "eth0.100");
    check_name("enp129s0f0", 4094, "enp129s0f0.4094");
}

static void what_is_too_long_keeps_its_end(void **state)
{
    (void)state;
    check_name("enp129s0f0np0", 100, "p129s0f0np0.100");
    check_name("enp129s0f0np1", 100, "p129s0f0np1.100");
    check_name("abcdefghijklmno", 1, "cdefghijklmno.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_device_and_vlan),
        cmocka_unit_test(what_is_too_long_keeps_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
