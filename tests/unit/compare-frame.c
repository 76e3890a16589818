/* plugin/compare/frame.h: the known checksums are those of RFC 1071's and other examples, and of a
 * few lines of Python that know nothing of this code. */
#include "support/test.h"

#include <linux/virtio_net.h>

#include "base/mem.h"
#include "compare/endpoint.h"
#include "compare/frame.h"

#define SEED 0xc0a81234U

static const struct mac a = {{0x52, 0x54, 0x00, 0x00, 0x00, 0x0a}};
static const struct mac b = {{0x52, 0x54, 0x00, 0x00, 0x00, 0x0b}};

static unsigned char room[ENDPOINT_FRAME_MAX];
static unsigned char *const bytes = room + ENDPOINT_HEADER;

static struct frame wish(enum frame_kind kind, size_t length)
{
    return (struct frame){
        .kind = kind, .source = a, .target = b, .length = length, .seed = SEED, .number = 7};
}

static void build(enum frame_kind kind, size_t length)
{
    const struct frame frame = wish(kind, length);

    memset(room, 0xee, sizeof room);
    frame_build(&frame, room);
    /* Not a byte more. */
    assert_int_equal(bytes[length], 0xee);
}

static struct virtio_net_hdr header(void)
{
    struct virtio_net_hdr copy;

    memcpy(&copy, room, sizeof copy);
    return copy;
}

static void set_header(struct virtio_net_hdr copy)
{
    memcpy(room, &copy, sizeof copy);
}

static void sums_are_those_of_the_rfc(void **state)
{
    static const unsigned char numbers[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    /* An IPv4 header without its checksum, which is b861. */
    static const unsigned char ip[] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                                       0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
    static const unsigned char odd[] = {0x12, 0x34, 0x56};

    (void)state;
    assert_int_equal(frame_sum(numbers, sizeof numbers, 0), 0xddf2);
    assert_int_equal(frame_sum(numbers + 4, 4, frame_sum(numbers, 4, 0)), 0xddf2);
    assert_int_equal((uint16_t)~frame_sum(ip, sizeof ip, 0), 0xb861);
    assert_int_equal(frame_sum(odd, sizeof odd, 0), 0x6834);
    assert_int_equal(frame_sum(odd, 0, 0x1234), 0x1234);
}

static void a_plain_frame(void **state)
{
    static const unsigned char start[] = {
        0x52, 0x54, 0x00, 0x00, 0x00, 0x0b, 0x52, 0x54, 0x00, 0x00, 0x00, 0x0a, 0x88, 0xb5, /**/
        'v',  'i',  'f',  'c',  0xc0, 0xa8, 0x12, 0x34, 0x00, 0x00, 0x00, 0x07};
    static const unsigned char zeros[ENDPOINT_HEADER];
    struct frame_seen seen;

    (void)state;
    build(FRAME_PLAIN, 64);
    assert_memory_equal(room, zeros, sizeof zeros);
    assert_memory_equal(bytes, start, sizeof start);
    assert_true(frame_recognise(room, 64, SEED, &seen));
    assert_false(seen.tcp);
    assert_int_equal(seen.number, 7);
    assert_int_equal(seen.amount, 1);
}

static void a_tcp_frame(void **state)
{
    static const unsigned char packet[] = {
        0x45, 0x00, 0x00, 0x33, 0x00, 0x00, 0x40, 0x00, 0x01, 0x06, 0x1a, 0xc3, 0xc6,
        0x12, 0xc0, 0xa8, 0xc6, 0x13, 0x12, 0x34, 0x00, 0x09, 0x00, 0x09, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0x50, 0x10, 0xff, 0xff, 0x7d, 0xfe, 0x00,
        0x00, 0x00, 0x07, 0x0e, 0x15, 0x1c, 0x23, 0x2a, 0x31, 0x38, 0x3f, 0x46};
    static const unsigned char zeros[ENDPOINT_HEADER];
    struct frame_seen seen;

    (void)state;
    build(FRAME_TCP, 14 + sizeof packet);
    assert_memory_equal(room, zeros, sizeof zeros);
    assert_memory_equal(bytes + 12, "\x08\x00", 2);
    assert_memory_equal(bytes + 14, packet, sizeof packet);
    assert_true(frame_recognise(room, 14 + sizeof packet, SEED, &seen));
    assert_true(seen.tcp);
    assert_int_equal(seen.number, 7);
    assert_int_equal(seen.amount, 11);
    assert_true(frame_is_right(room, false));
    assert_true(frame_is_right(room, true));
}

/* Checks the checksums in the headers: that of IP, and that of TCP as it is sent. */
static void check_sums(uint16_t ip, uint16_t tcp)
{
    assert_int_equal(bytes[24] << 8 | bytes[25], ip);
    assert_int_equal(bytes[50] << 8 | bytes[51], tcp);
}

static void what_is_left_to_be_done_is_said(void **state)
{
    (void)state;
    build(FRAME_TCP, FRAME_TCP_HEADERS + 200);
    check_sums(0x1a06, 0x6c51);

    build(FRAME_CHECKSUM, FRAME_TCP_HEADERS + 200);
    check_sums(0x1a06, 0x5fe5);
    assert_int_equal(header().flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
    assert_int_equal(header().csum_start, 34);
    assert_int_equal(header().csum_offset, 16);
    assert_int_equal(header().gso_type, VIRTIO_NET_HDR_GSO_NONE);
    assert_true(frame_is_right(room, true));

    build(FRAME_GSO, FRAME_TCP_HEADERS + 45 * FRAME_SEGMENT);
    check_sums(0x1c45, 0x5da6);
    assert_int_equal(header().flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
    assert_int_equal(header().gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
    assert_int_equal(header().gso_size, FRAME_SEGMENT);
    assert_int_equal(header().hdr_len, FRAME_TCP_HEADERS);
    assert_true(frame_is_right(room, true));
}

/* What OVS's userspace datapath does: the word is lost, the checksum not done. */
static void a_checksum_left_undone_in_silence_is_wrong(void **state)
{
    (void)state;
    build(FRAME_CHECKSUM, FRAME_TCP_HEADERS + 200);
    assert_false(frame_is_right(room, false));
    set_header((struct virtio_net_hdr){0});
    assert_false(frame_is_right(room, true));
    /* Somebody else has looked. */
    set_header((struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_DATA_VALID});
    assert_true(frame_is_right(room, true));
}

static void a_wrong_word_or_payload_is_wrong(void **state)
{
    struct virtio_net_hdr wrong;

    (void)state;
    build(FRAME_CHECKSUM, FRAME_TCP_HEADERS + 200);
    wrong = header();
    wrong.csum_start++;
    set_header(wrong);
    assert_false(frame_is_right(room, true));
    build(FRAME_CHECKSUM, FRAME_TCP_HEADERS + 200);
    wrong = header();
    wrong.csum_offset++;
    set_header(wrong);
    assert_false(frame_is_right(room, true));
    build(FRAME_CHECKSUM, FRAME_TCP_HEADERS + 200);
    bytes[51] ^= 1;
    assert_false(frame_is_right(room, true));
    build(FRAME_CHECKSUM, FRAME_TCP_HEADERS + 200);
    bytes[FRAME_TCP_HEADERS + 100] ^= 1;
    assert_false(frame_is_right(room, true));
}

static void every_byte_of_the_packet_counts(void **state)
{
    enum { LENGTH = FRAME_TCP_HEADERS + 100 };

    (void)state;
    build(FRAME_TCP, LENGTH);
    for (size_t i = 14; i < LENGTH; i++) {
        struct frame_seen seen;

        bytes[i] ^= 0x10;
        assert_false(frame_recognise(room, LENGTH, SEED, &seen) && frame_is_right(room, true));
        bytes[i] ^= 0x10;
    }
    assert_true(frame_is_right(room, true));
}

/* A segment as a kernel cuts it: the second of them, with sums of its own. */
static void a_segment_is_known_and_right(void **state)
{
    enum { LENGTH = FRAME_TCP_HEADERS + 45 * FRAME_SEGMENT };
    static unsigned char whole[LENGTH];
    struct frame_seen seen;

    (void)state;
    build(FRAME_GSO, LENGTH);
    memcpy(whole, bytes, LENGTH);
    build(FRAME_TCP, FRAME_TCP_HEADERS + FRAME_SEGMENT);
    memcpy(bytes + FRAME_TCP_HEADERS, whole + FRAME_TCP_HEADERS + FRAME_SEGMENT, FRAME_SEGMENT);
    assert_false(frame_is_right(room, false));

    bytes[40] = FRAME_SEGMENT >> 8;
    bytes[41] = FRAME_SEGMENT & 0xff;
    memset(bytes + 50, 0, 2);
    uint16_t sum = frame_sum(
        (const unsigned char[]){0, 6, (20 + FRAME_SEGMENT) >> 8, (20 + FRAME_SEGMENT) & 0xff}, 4,
        frame_sum(bytes + 26, 8, 0));

    sum = (uint16_t)~frame_sum(bytes + 34, 20 + FRAME_SEGMENT, sum);
    bytes[50] = (unsigned char)(sum >> 8);
    bytes[51] = (unsigned char)sum;
    assert_true(frame_recognise(room, FRAME_TCP_HEADERS + FRAME_SEGMENT, SEED, &seen));
    assert_int_equal(seen.amount, FRAME_SEGMENT);
    assert_int_equal(seen.number, 7);
    assert_true(frame_is_right(room, false));
}

static void others_are_not_ours(void **state)
{
    static const enum frame_kind kinds[] = {FRAME_PLAIN, FRAME_TCP};
    struct frame_seen seen;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        build(kinds[i], 100);
        assert_true(frame_recognise(room, 100, SEED, &seen));
        assert_false(frame_recognise(room, 100, SEED + 1, &seen));
        assert_false(frame_recognise(room, 100, SEED ^ 0x10000, &seen));
        assert_false(frame_recognise(room, 20, SEED, &seen));
        bytes[13] ^= 1;
        assert_false(frame_recognise(room, 100, SEED, &seen));
    }
    build(FRAME_PLAIN, 100);
    bytes[14]++;
    assert_false(frame_recognise(room, 100, SEED, &seen));
}

/* Lengths that lie must not lead beyond the frame. */
static void a_length_that_lies_is_not_believed(void **state)
{
    struct frame_seen seen;

    (void)state;
    build(FRAME_TCP, 100);
    assert_true(frame_recognise(room, 120, SEED, &seen)); /* padded */
    assert_int_equal(seen.amount, 100 - FRAME_TCP_HEADERS);
    assert_false(frame_recognise(room, 99, SEED, &seen));
    bytes[16] = 0;
    bytes[17] = 39;
    assert_false(frame_recognise(room, 100, SEED, &seen));
    bytes[17] = 40;
    assert_true(frame_recognise(room, 100, SEED, &seen));
    assert_int_equal(seen.amount, 0);
    bytes[16] = 0xff;
    assert_false(frame_recognise(room, 100, SEED, &seen));
}

static void numbers_change_in_place(void **state)
{
    struct frame_seen seen;

    (void)state;
    build(FRAME_PLAIN, 64);
    frame_renumber(room, FRAME_PLAIN, 0x01020304);
    assert_true(frame_recognise(room, 64, SEED, &seen));
    assert_int_equal(seen.number, 0x01020304);
    build(FRAME_GSO, FRAME_TCP_HEADERS + 3 * FRAME_SEGMENT);
    frame_renumber(room, FRAME_GSO, 0x01020304);
    assert_true(frame_recognise(room, FRAME_TCP_HEADERS + 3 * FRAME_SEGMENT, SEED, &seen));
    assert_int_equal(seen.number, 0x01020304);
    assert_true(frame_is_right(room, true));
}

static void a_frame_goes_back(void **state)
{
    static const unsigned char zeros[ENDPOINT_HEADER];
    struct frame_seen seen;

    (void)state;
    build(FRAME_PLAIN, 64);
    room[0] = VIRTIO_NET_HDR_F_DATA_VALID;
    frame_return(room, 8);
    assert_memory_equal(room, zeros, sizeof zeros);
    assert_memory_equal(bytes, a.octet, 6);
    assert_memory_equal(bytes + 6, b.octet, 6);
    assert_true(frame_recognise(room, 64, SEED, &seen));
    assert_int_equal(seen.number, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_rfc),
        cmocka_unit_test(a_plain_frame),
        cmocka_unit_test(a_tcp_frame),
        cmocka_unit_test(what_is_left_to_be_done_is_said),
        cmocka_unit_test(a_checksum_left_undone_in_silence_is_wrong),
        cmocka_unit_test(a_wrong_word_or_payload_is_wrong),
        cmocka_unit_test(every_byte_of_the_packet_counts),
        cmocka_unit_test(a_segment_is_known_and_right),
        cmocka_unit_test(others_are_not_ours),
        cmocka_unit_test(a_length_that_lies_is_not_believed),
        cmocka_unit_test(numbers_change_in_place),
        cmocka_unit_test(a_frame_goes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
