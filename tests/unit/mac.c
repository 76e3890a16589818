/* netdev/mac.h: reading, writing and judging Ethernet addresses. */
#include "support/test.h"

#include <errno.h>

#include "base/mem.h"
#include "netdev/mac.h"

static void good_texts_are_read(void **state)
{
    static const struct {
        const char *text;
        const char *formatted;
    } good[] = {
        {"52:54:00:12:34:56", "52:54:00:12:34:56"}, {"52:54:0:1:2:3", "52:54:00:01:02:03"},
        {"AA:bb:Cc:dD:eE:Ff", "aa:bb:cc:dd:ee:ff"}, {"0:0:0:0:0:0", "00:00:00:00:00:00"},
        {"ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff"}, {"01:00:5e:0:0:fb", "01:00:5e:00:00:fb"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct mac mac;
        char text[MAC_TEXT_SIZE];
        char *error = NULL;

        check_ok(mac_parse(good[i].text, &mac, &error), &error);
        assert_ptr_equal(mac_format(&mac, text), text);
        assert_string_equal(text, good[i].formatted);
    }
}

static void bad_texts_are_refused(void **state)
{
    static const char *const bad[] = {"",
                                      ":",
                                      "52",
                                      "52:54:00:12:34",
                                      "52:54:00:12:34:",
                                      "52:54:00:12:34:56:",
                                      "52:54:00:12:34:56:78",
                                      "52:54:00:12:34:567",
                                      "052:54:00:12:34:56",
                                      "52:54:00:12:34:5g",
                                      "52:54:00:12:34:G5",
                                      "52:54:00:12:34:@5",
                                      "52:54:00:12:34:`5",
                                      "52-54-00-12-34-56",
                                      "525400123456",
                                      "5254.0012.3456",
                                      " 52:54:00:12:34:56",
                                      "52:54:00:12:34:56 ",
                                      "52:54:00:12:34:56\n",
                                      "52: 4:00:12:34:56",
                                      "52:+4:00:12:34:56",
                                      "52:-4:00:12:34:56",
                                      "52:0x4:00:12:34:56",
                                      "52::00:12:34:56",
                                      "::::::"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct mac mac = {{1, 2, 3, 4, 5, 6}};
        const struct mac before = mac;
        char *error = NULL;
        /* As far as it is printable; see base/error.h. */
        auto_free char *part = str_printf("malformed MAC address \"%.17s", bad[i]);

        check_error(mac_parse(bad[i], &mac, &error), -EINVAL, &error, part);
        assert_true(mac_equal(&mac, &before));
    }
}

static void guests_have_unicast_addresses(void **state)
{
    const struct mac zero = {{0}};
    char *error = NULL;

    (void)state;
    check_error(mac_check_guest(&zero, &error), -EINVAL, &error, "00:00:00:00:00:00 is all zeros");
    for (unsigned first = 0; first < 256; first++) {
        struct mac mac = {{(uint8_t)first, 0x54, 0, 0, 0, 1}};

        if (first % 2) {
            check_error(mac_check_guest(&mac, &error), -EINVAL, &error, "is a multicast address");
        } else {
            check_ok(mac_check_guest(&mac, &error), &error);
        }
    }
}

static void addresses_are_compared_whole(void **state)
{
    const struct mac mac = {{1, 2, 3, 4, 5, 6}};

    (void)state;
    assert_true(mac_equal(&mac, &mac));
    for (size_t i = 0; i < 6; i++) {
        struct mac other = mac;

        other.octet[i] ^= 0x80;
        assert_false(mac_equal(&mac, &other));
    }
}

static void the_hosts_end_differs_from_the_guests(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        const struct mac guest = {{(uint8_t)first, 0x54, 1, 2, 3, 4}};
        struct mac host = mac_host_side(&guest);

        assert_int_equal(host.octet[0], first == 0xfe ? 0xfa : 0xfe);
        assert_memory_equal(host.octet + 1, guest.octet + 1, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts_are_read),
        cmocka_unit_test(bad_texts_are_refused),
        cmocka_unit_test(guests_have_unicast_addresses),
        cmocka_unit_test(addresses_are_compared_whole),
        cmocka_unit_test(the_hosts_end_differs_from_the_guests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
