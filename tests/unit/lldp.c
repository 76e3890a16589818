/* netdev/lldp.h: finding the EVB TLV among others, and in frames that are cut or made up. */
#include "support/test.h"

#include <stdbool.h>

#include "base/mem.h"
#include "netdev/lldp.h"

#define HEADER 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x88, 0xcc
/* Chassis id by MAC address, port id by name, time to live: what every LLDP frame begins with. */
#define MANDATORY                                                                                  \
    0x02, 0x07, 0x04, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x04, 0x03, 0x05, '1', '7', 0x06, 0x02,  \
        0x00, 0x78
/* Port VLAN id, of 802.1 like EVB. */
#define PORT_VLAN   0xfe, 0x06, 0x00, 0x80, 0xc2, 0x01, 0x00, 0x64
#define EVB(status) 0xfe, 0x09, 0x00, 0x80, 0xc2, 0x0d, (status), 0x00, 0x00, 0x00, 0x14
#define END         0x00, 0x00

/* Looks at a copy that ends where its memory ends, so that reading on is seen. */
static bool find(const uint8_t *frame, size_t size, struct lldp_evb *evb)
{
    auto_free uint8_t *copy = mem_zalloc(size ? size : 1);
    uint8_t *exact = size ? copy : copy + 1;

    memcpy(exact, frame, size);
    return lldp_find_evb(exact, size, evb);
}

static void the_bridges_status_is_read(void **state)
{
    (void)state;
    for (unsigned status = 0; status < 256; status++) {
        const uint8_t frame[] = {HEADER, MANDATORY, PORT_VLAN, EVB((uint8_t)status), END};
        struct lldp_evb evb = {0};

        assert_true(find(frame, sizeof frame, &evb));
        assert_int_equal(evb.capable, status >> 1 & 1);
        assert_int_equal(evb.enabled, status & 1);
    }
}

static void a_cut_frame_has_it_only_where_it_is_whole(void **state)
{
    const uint8_t frame[] = {HEADER, MANDATORY, PORT_VLAN, EVB(3), END};
    struct lldp_evb evb;

    (void)state;
    for (size_t size = 0; size <= sizeof frame; size++) {
        assert_int_equal(find(frame, size, &evb), size >= sizeof frame - 2);
    }
}

static void other_frames_have_none(void **state)
{
    static const uint8_t without[] = {HEADER, MANDATORY, PORT_VLAN, END};
    static const uint8_t after_the_end[] = {HEADER, MANDATORY, END, EVB(3), END};
    static const uint8_t others_oui[] = {HEADER, 0xfe, 0x09, 0x00, 0x1b, 0x3f, 0x0d,
                                         3,      0,    0,    0,    0,    END};
    static const uint8_t too_short[] = {HEADER, 0xfe, 0x08, 0x00, 0x80, 0xc2,
                                        0x0d,   3,    0,    0,    0,    END};
    static const uint8_t wrong_type[] = {HEADER, 0xfc, 0x09, 0x00, 0x80, 0xc2, 0x0d,
                                         3,      0,    0,    0,    0,    END};
    static const uint8_t too_long_before[] = {HEADER, 0x09, 0xff, EVB(3), END};
    static const uint8_t not_lldp[] = {0x01, 0x80, 0xc2, 0, 0,    0,    0x52,
                                       0x54, 0,    1,    2, 0x88, 0xb5, EVB(3)};
    static const struct {
        const uint8_t *frame;
        size_t size;
    } frames[] = {
        {without, sizeof without},       {after_the_end, sizeof after_the_end},
        {others_oui, sizeof others_oui}, {too_short, sizeof too_short},
        {wrong_type, sizeof wrong_type}, {too_long_before, sizeof too_long_before},
        {not_lldp, sizeof not_lldp},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        struct lldp_evb evb = {0};

        assert_false(find(frames[i].frame, frames[i].size, &evb));
        assert_false(evb.capable || evb.enabled);
    }
}

static void long_and_empty_tlvs_are_passed_over(void **state)
{
    /* 511 octets is what 9 bits of length allow. */
    uint8_t frame[14 + 2 + 511 + 2 + 11] = {HEADER, 0xfb, 0xff};
    const uint8_t rest[] = {0xf8, 0x00, EVB(1)};
    struct lldp_evb evb = {0};

    (void)state;
    memcpy(&frame[sizeof frame - 13], rest, sizeof rest);
    assert_true(find(frame, sizeof frame, &evb));
    assert_true(evb.enabled && !evb.capable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bridges_status_is_read),
        cmocka_unit_test(a_cut_frame_has_it_only_where_it_is_whole),
        cmocka_unit_test(other_frames_have_none),
        cmocka_unit_test(long_and_empty_tlvs_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
