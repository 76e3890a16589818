/* netdev/ifname.h: which names are taken, and which are made. */
#include "support/test.h"

#include <errno.h>

#include "base/mem.h"
#include "netdev/ifname.h"

static void good_names_pass(void **state)
{
    static const char *const good[] = {"t",      "vif0123abcd", "tap-1_2.x", "123456789012345",
                                       "vnet0",  "...",         ".x",        "-",
                                       "eth0@1", "a\"b",        "x\\y",      "a,b=c"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        char *error = NULL;

        check_ok(ifname_check(good[i], &error), &error);
        assert_null(error);
    }
}

static void bad_names_are_refused_with_the_reason(void **state)
{
    static const struct {
        const char *name;
        int error;
        const char *part;
    } bad[] = {
        {"", -EINVAL, "must not be empty"},
        {".", -EINVAL, "\".\" cannot be"},
        {"..", -EINVAL, "\"..\" cannot be"},
        {"../../etc", -EINVAL, "'/' in it, at byte 3"},
        {"tap/0", -EINVAL, "'/' in it, at byte 4"},
        {"tap%d", -EINVAL, "'%' in it, at byte 4"},
        {"eth0:1", -EINVAL, "':' in it, at byte 5"},
        {"web 0", -EINVAL, "byte 0x20 in it, at byte 4"},
        {"web0\n", -EINVAL, "byte 0x0a in it, at byte 5"},
        {"\x1b[31m", -EINVAL, "byte 0x1b in it, at byte 1"},
        {"t\xc3\xa4p", -EINVAL, "byte 0xc3 in it, at byte 2"},
        {"1234567890123456", -ENAMETOOLONG,
         "\"1234567890123456\" is 16 bytes long; the kernel takes 15 at most"},
        /* Not even what is too long gets control characters into a sentence. */
        {"123456789012345678901234\n", -EINVAL, "byte 0x0a in it, at byte 25"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char *error = NULL;

        check_error(ifname_check(bad[i].name, &error), bad[i].error, &error, bad[i].part);
    }
}

static void every_byte_is_judged(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        const char name[] = {'a', (char)c, 'b', '\0'};
        bool good = c > 0x20 && c < 0x7f && c != '/' && c != ':' && c != '%';
        int result = ifname_check(name, NULL);

        if (result != (good ? 0 : -EINVAL)) {
            fail_msg("byte 0x%02x: %d", (unsigned)c, result);
        }
    }
}

static void a_very_long_name_makes_a_short_sentence(void **state)
{
    char name[100001];
    char *error = NULL;

    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(ifname_check(name, &error), -ENAMETOOLONG);
    assert_true(strlen(error) < 200);
    assert_non_null(strstr(error, "xxx...\" is 100000 bytes long"));
    free(error);
}

static void libvirts_names_are_known(void **state)
{
    static const char *const libvirts[] = {"vnet0", "vnet4294967296", "macvtap0", "macvlan12"};
    static const char *const others[] = {"",     "vnet",   "vnetx",   "vnet0x",      "vnet-1",
                                         "vne0", "Vnet0",  "macvtap", "macvtap0.1",  "macvtaps1",
                                         "tap0", "xvnet0", " vnet0",  "vif00000000", "macvl0"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(libvirts); i++) {
        assert_true(ifname_is_libvirts(libvirts[i]));
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_false(ifname_is_libvirts(others[i]));
    }
}

static void names_are_made_of_the_id(void **state)
{
    static const char id[] = "0123ABCD-4567-89ef-0a1b-2c3d4e5f6789";
    static const char *const names[IFNAME_ATTEMPTS] = {"vif0123abcd", "vif456789ef", "vif0a1b2c3d",
                                                       "vif4e5f6789"};

    (void)state;
    for (unsigned i = 0; i < IFNAME_ATTEMPTS; i++) {
        char name[IFNAMSIZ];

        assert_int_equal(ifname_generate(id, i, name), 0);
        assert_string_equal(name, names[i]);
        assert_int_equal(ifname_check(name, NULL), 0);
        assert_false(ifname_is_libvirts(name));
    }
}

static void no_name_is_made_of_anything_else(void **state)
{
    static const char *const bad[] = {
        "",
        "x",
        "0123abcd",
        "0123abcd456789ef0a1b2c3d4e5f6789",
        "0123abcd-4567-89ef-0a1b-2c3d4e5f678",
        "0123abcd-4567-89ef-0a1b-2c3d4e5f67890",
        "0123abcd-4567-89ef-0a1b-2c3d4e5f678g",
        "0123abcd-4567-89ef-0a1b-2c3d4e5f678G",
        "0123abcd04567-89ef-0a1b-2c3d4e5f6789",
        "-123abcd-4567-89ef-0a1b-2c3d4e5f6789",
        "{123abcd-4567-89ef-0a1b-2c3d4e5f678}",
        " 0123abcd-4567-89ef-0a1b-2c3d4e5f678",
        "0123abcd-4567-89ef-0a1b-2c3d4e5f6789\n",
    };
    char name[IFNAMSIZ] = "untouched";

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(ifname_generate(bad[i], 0, name), -EINVAL);
    }
    assert_int_equal(ifname_generate("0123abcd-4567-89ef-0a1b-2c3d4e5f6789", IFNAME_ATTEMPTS, name),
                     -EINVAL);
    assert_string_equal(name, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_names_pass),
        cmocka_unit_test(bad_names_are_refused_with_the_reason),
        cmocka_unit_test(every_byte_is_judged),
        cmocka_unit_test(a_very_long_name_makes_a_short_sentence),
        cmocka_unit_test(libvirts_names_are_known),
        cmocka_unit_test(names_are_made_of_the_id),
        cmocka_unit_test(no_name_is_made_of_anything_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
