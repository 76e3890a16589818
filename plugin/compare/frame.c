/* Theory of operation. Of a TCP frame that is cut into segments nothing of the payload can tell
 * whose each is, since only the first has its beginning. So the seed is in the addresses and the
 * number in the acknowledgement, which all segments take over, and the sequence number says where
 * in the payload a segment belongs. The pseudo-header's sum has none of the latter two, so that a
 * frame can be numbered anew without doing a sum.
 */
#include "compare/frame.h"

#include <arpa/inet.h>
#include <linux/virtio_net.h>
#include <string.h>

#include "compare/endpoint.h"

#define ETHERTYPE_EXPERIMENT 0x88b5
#define ETHERTYPE_IPV4       0x0800
#define PROTOCOL_TCP         6
#define PORT_DISCARD         9
#define TCP_ACK              0x10

/* Where things are, from the Ethernet header on. */
enum {
    AT_TARGET = 0,
    AT_SOURCE = 6,
    AT_ETHERTYPE = 12,

    AT_MAGIC = 14,
    AT_SEED = 18,
    AT_NUMBER = 22,
    PLAIN_MIN = 26,

    AT_IP = 14,
    AT_IP_LENGTH = AT_IP + 2,
    AT_IP_PROTOCOL = AT_IP + 9,
    AT_IP_CHECKSUM = AT_IP + 10,
    AT_IP_ADDRESSES = AT_IP + 12,
    IP_SIZE = 20,
    AT_TCP = AT_IP + IP_SIZE,
    AT_TCP_SEQUENCE = AT_TCP + 4,
    AT_TCP_ACKNOWLEDGEMENT = AT_TCP + 8,
    AT_TCP_CHECKSUM = AT_TCP + 16,
    AT_PAYLOAD = FRAME_TCP_HEADERS,
};

static const unsigned char magic[4] = {'v', 'i', 'f', 'c'};

static void put16(unsigned char *at, uint16_t value)
{
    value = htons(value);
    memcpy(at, &value, sizeof value);
}

static void put32(unsigned char *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, sizeof value);
}

static uint16_t get16(const unsigned char *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof value);
    return ntohs(value);
}

static uint32_t get32(const unsigned char *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return ntohl(value);
}

uint16_t frame_sum(const unsigned char *bytes, size_t n, uint16_t sum)
{
    /* 64 bits cannot overflow, however long the frame. */
    uint64_t total = sum;

    for (; n > 1; bytes += 2, n -= 2) {
        total += get16(bytes);
    }
    if (n) {
        total += (uint64_t)bytes[0] << 8;
    }
    while (total >> 16) {
        total = (total & 0xffff) + (total >> 16);
    }
    return (uint16_t)total;
}

static uint16_t sum_of_pseudo_header(const unsigned char *bytes)
{
    const size_t tcp_length = get16(bytes + AT_IP_LENGTH) - IP_SIZE;
    unsigned char rest[4];

    put16(rest, PROTOCOL_TCP);
    put16(rest + 2, (uint16_t)tcp_length);
    return frame_sum(rest, sizeof rest, frame_sum(bytes + AT_IP_ADDRESSES, 8, 0));
}

/* Over a checksum that is right this is all ones. */
static uint16_t sum_of_tcp(const unsigned char *bytes)
{
    return frame_sum(bytes + AT_TCP, get16(bytes + AT_IP_LENGTH) - IP_SIZE,
                     sum_of_pseudo_header(bytes));
}

/* 198.18.0.0/15, with all of the seed in the two addresses. */
static void put_addresses(unsigned char *at, uint32_t seed)
{
    put16(at, 198 << 8 | 18);
    put16(at + 2, (uint16_t)(seed >> 16));
    put16(at + 4, 198 << 8 | 19);
    put16(at + 6, (uint16_t)seed);
}

/* The payload differs at each place, so that a segment in the wrong one is noticed. */
static unsigned char payload_at(size_t i)
{
    return (unsigned char)(i * 7 + (i >> 8));
}

static void build_plain(const struct frame *frame, unsigned char *bytes)
{
    put16(bytes + AT_ETHERTYPE, ETHERTYPE_EXPERIMENT);
    memcpy(bytes + AT_MAGIC, magic, sizeof magic);
    put32(bytes + AT_SEED, frame->seed);
    put32(bytes + AT_NUMBER, frame->number);
    memset(bytes + PLAIN_MIN, 0x5a, frame->length - PLAIN_MIN);
}

static void build_ip(const struct frame *frame, unsigned char *bytes)
{
    unsigned char *ip = bytes + AT_IP;

    memset(ip, 0, IP_SIZE);
    ip[0] = 0x45; /* version 4, five words of header */
    put16(bytes + AT_IP_LENGTH, (uint16_t)(frame->length - AT_IP));
    ip[6] = 0x40; /* not to be fragmented */
    ip[8] = 1;    /* no router passes it on */
    bytes[AT_IP_PROTOCOL] = PROTOCOL_TCP;
    put_addresses(bytes + AT_IP_ADDRESSES, frame->seed);
    put16(bytes + AT_IP_CHECKSUM, (uint16_t)~frame_sum(ip, IP_SIZE, 0));
}

static void build_tcp(const struct frame *frame, unsigned char *bytes)
{
    unsigned char *tcp = bytes + AT_TCP;

    put16(bytes + AT_ETHERTYPE, ETHERTYPE_IPV4);
    build_ip(frame, bytes);
    memset(tcp, 0, AT_PAYLOAD - AT_TCP);
    put16(tcp, PORT_DISCARD);
    put16(tcp + 2, PORT_DISCARD);
    put32(bytes + AT_TCP_ACKNOWLEDGEMENT, frame->number);
    tcp[12] = 0x50; /* five words of header */
    tcp[13] = TCP_ACK;
    put16(tcp + 14, 0xffff);
    for (size_t i = 0; i < frame->length - AT_PAYLOAD; i++) {
        bytes[AT_PAYLOAD + i] = payload_at(i);
    }
    put16(bytes + AT_TCP_CHECKSUM,
          frame->kind == FRAME_TCP ? (uint16_t)~sum_of_tcp(bytes) : sum_of_pseudo_header(bytes));
}

/* In the host's byte order, which is what tun.c expects unless told otherwise. */
static void build_header(const struct frame *frame, unsigned char *room)
{
    struct virtio_net_hdr header = {0};

    memset(room, 0, ENDPOINT_HEADER);
    if (frame->kind == FRAME_CHECKSUM || frame->kind == FRAME_GSO) {
        header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        header.csum_start = AT_TCP;
        header.csum_offset = AT_TCP_CHECKSUM - AT_TCP;
    }
    if (frame->kind == FRAME_GSO) {
        header.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
        header.gso_size = FRAME_SEGMENT;
        header.hdr_len = FRAME_TCP_HEADERS;
    }
    memcpy(room, &header, sizeof header);
}

void frame_build(const struct frame *frame, unsigned char *room)
{
    unsigned char *bytes = room + ENDPOINT_HEADER;

    build_header(frame, room);
    memcpy(bytes + AT_TARGET, frame->target.octet, sizeof frame->target.octet);
    memcpy(bytes + AT_SOURCE, frame->source.octet, sizeof frame->source.octet);
    if (frame->kind == FRAME_PLAIN) {
        build_plain(frame, bytes);
    } else {
        build_tcp(frame, bytes);
    }
}

void frame_renumber(unsigned char *room, enum frame_kind kind, uint32_t number)
{
    const size_t at = kind == FRAME_PLAIN ? AT_NUMBER : AT_TCP_ACKNOWLEDGEMENT;

    put32(room + ENDPOINT_HEADER + at, number);
}

static bool recognise_plain(const unsigned char *bytes, uint32_t seed, struct frame_seen *seen)
{
    if (memcmp(bytes + AT_MAGIC, magic, sizeof magic) != 0 || get32(bytes + AT_SEED) != seed) {
        return false;
    }
    *seen = (struct frame_seen){.number = get32(bytes + AT_NUMBER), .amount = 1};
    return true;
}

static bool recognise_tcp(const unsigned char *bytes, size_t length, uint32_t seed,
                          struct frame_seen *seen)
{
    unsigned char addresses[8];

    if (length < FRAME_TCP_HEADERS || bytes[AT_IP] != 0x45 ||
        bytes[AT_IP_PROTOCOL] != PROTOCOL_TCP) {
        return false;
    }
    const size_t ip_length = get16(bytes + AT_IP_LENGTH);

    put_addresses(addresses, seed);
    if (memcmp(bytes + AT_IP_ADDRESSES, addresses, sizeof addresses) != 0 ||
        AT_IP + ip_length > length || AT_IP + ip_length < FRAME_TCP_HEADERS) {
        return false;
    }
    *seen = (struct frame_seen){
        .number = get32(bytes + AT_TCP_ACKNOWLEDGEMENT),
        .tcp = true,
        .amount = AT_IP + ip_length - FRAME_TCP_HEADERS,
    };
    return true;
}

bool frame_recognise(const unsigned char *room, size_t length, uint32_t seed,
                     struct frame_seen *seen)
{
    const unsigned char *bytes = room + ENDPOINT_HEADER;

    if (length < PLAIN_MIN) {
        return false;
    }
    switch (get16(bytes + AT_ETHERTYPE)) {
    case ETHERTYPE_EXPERIMENT:
        return recognise_plain(bytes, seed, seen);
    case ETHERTYPE_IPV4:
        return recognise_tcp(bytes, length, seed, seen);
    default:
        return false;
    }
}

static bool payload_is_right(const unsigned char *bytes)
{
    const size_t n = AT_IP + get16(bytes + AT_IP_LENGTH) - FRAME_TCP_HEADERS;
    const size_t start = get32(bytes + AT_TCP_SEQUENCE);

    for (size_t i = 0; i < n; i++) {
        if (bytes[AT_PAYLOAD + i] != payload_at(start + i)) {
            return false;
        }
    }
    return true;
}

/* 0 has two spellings in ones' complement. */
static bool same_sum(uint16_t a, uint16_t b)
{
    return a % 0xffff == b % 0xffff;
}

static bool checksum_is_right(const unsigned char *bytes, const struct virtio_net_hdr *header)
{
    if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
        return header->csum_start == AT_TCP && header->csum_offset == AT_TCP_CHECKSUM - AT_TCP &&
               same_sum(get16(bytes + AT_TCP_CHECKSUM), sum_of_pseudo_header(bytes));
    }
    return header->flags & VIRTIO_NET_HDR_F_DATA_VALID || sum_of_tcp(bytes) == 0xffff;
}

bool frame_is_right(const unsigned char *room, bool has_header)
{
    const unsigned char *bytes = room + ENDPOINT_HEADER;
    struct virtio_net_hdr header = {0};

    if (has_header) {
        memcpy(&header, room, sizeof header);
    }
    return frame_sum(bytes + AT_IP, IP_SIZE, 0) == 0xffff && payload_is_right(bytes) &&
           checksum_is_right(bytes, &header);
}

void frame_return(unsigned char *room, uint32_t number)
{
    unsigned char *bytes = room + ENDPOINT_HEADER;
    struct mac source;

    memset(room, 0, ENDPOINT_HEADER);
    memcpy(source.octet, bytes + AT_SOURCE, sizeof source.octet);
    memcpy(bytes + AT_SOURCE, bytes + AT_TARGET, sizeof source.octet);
    memcpy(bytes + AT_TARGET, source.octet, sizeof source.octet);
    frame_renumber(room, FRAME_PLAIN, number);
}
