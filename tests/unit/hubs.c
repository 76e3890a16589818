/* qemu/hubs.h: what "info network" says. */
#include "qemu/hubs.h"
#include "support/test.h"

static const char info[] =
    "hub 3\r\n"
    " \\ hostnet0-port0: hostnet0-tap0: index=0,type=tap,fd=9\r\n"
    "filters:\r\n"
    "  - hostnet0-gate0: type=filter-redirector,netdev=hostnet0-tap0,queue=rx\r\n"
    "  - more: type=filter-buffer\r\n"
    " \\ hostnet0: net0: index=0,type=nic,model=virtio-net-pci,"
    "macaddr=52:54:00:12:34:56\r\n"
    "hub 4\r\n"
    " \\ lone\r\n"
    "net1: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:57\r\n"
    " \\ u1: index=0,type=tap,fd=10\r\n"
    "hostnet0-tap1: index=0,type=tap,fd=11\r\n";

static void names(void **state)
{
    static const char *const there[] = {
        "hostnet0-port0", "hostnet0-tap0",  "hostnet0", "net0", "lone", "net1", "u1",
        "hostnet0-tap1",  "hostnet0-gate0", "more"};
    static const char *const missing[] = {
        "hostnet", "hostnet0-tap", "index=0,type=tap,fd=9", "54", "hub", "hub 3", "", "3"};

    (void)state;
    for (size_t i = 0; i < sizeof there / sizeof *there; i++) {
        assert_true(hubs_have(info, there[i]));
    }
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        assert_false(hubs_have(info, missing[i]));
    }
    assert_false(hubs_have("", "net0"));
}

static void ports(void **state)
{
    (void)state;
    assert_int_equal(hubs_find(info, "hostnet0-port0"), 3);
    assert_int_equal(hubs_find(info, "hostnet0"), 3);
    assert_int_equal(hubs_find(info, "lone"), 4);
    assert_int_equal(hubs_find(info, "more"), -1);
    /* What is behind a card without a hub looks like a port. */
    assert_int_equal(hubs_find(info, "u1"), -1);
    assert_int_equal(hubs_find(info, "hostnet0-tap1"), -1);
    assert_int_equal(hubs_find("", "hostnet0"), -1);
}

static void numbers(void **state)
{
    (void)state;
    assert_int_equal(hubs_free_number(""), 0);
    assert_int_equal(hubs_free_number("n: index=0,type=tap,fd=3\r\n"), 0);
    assert_int_equal(hubs_free_number(info), 5);
    assert_int_equal(hubs_free_number("hub 0\r\n"), 0);
    assert_int_equal(hubs_free_number("hub 7\r\n \\ p: t: index=0\r\nhub 2\r\n"), 2);
    assert_int_equal(hubs_free_number("hub 2\r\nhub 7\r\n \\ p: t: index=0\r\n"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(ports),
        cmocka_unit_test(numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
