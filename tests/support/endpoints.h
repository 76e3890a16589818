/* For C tests of plugin/compare: endpoints as the comparison has them, of links that a shell has
 * arranged. */
#ifndef TESTS_SUPPORT_ENDPOINTS_H
#define TESTS_SUPPORT_ENDPOINTS_H

#include <net/if.h>
#include <unistd.h>

#include "base/mem.h"
#include "compare/measure.h"
#include "netdev/link.h"
#include "netdev/macvtap.h"
#include "netdev/rtnl.h"
#include "netdev/tap.h"
#include "support/test.h"

#define SEED 0x5eed1234U

/* Of a guest behind a tap: the tap itself has another one. */
__attribute__((unused)) static const struct mac guest_macs[] = {
    {{0x52, 0x54, 0x00, 0x00, 0x00, 0x0a}},
    {{0x52, 0x54, 0x00, 0x00, 0x00, 0x0b}},
    {{0x52, 0x54, 0x00, 0x00, 0x00, 0x0c}},
};

static int endpoint_fds[8];
static size_t n_endpoint_fds;

__attribute__((unused)) static void close_endpoints(void)
{
    while (n_endpoint_fds) {
        close(endpoint_fds[--n_endpoint_fds]);
    }
}

/* The tap must exist; `guest` is an index of guest_macs[]. */
__attribute__((unused)) static struct endpoint open_tap(const char *name, size_t guest,
                                                        bool vnet_hdr, bool offloads)
{
    const struct tap_options options = {.name = name, .n_queues = 1, .vnet_hdr = vnet_hdr};
    struct endpoint endpoint = {0};
    int *fd = &endpoint_fds[n_endpoint_fds];
    char *error = NULL;

    check_ok(tap_open(&options, fd, &error), &error);
    n_endpoint_fds++;
    check_ok(endpoint_prepare(*fd, &guest_macs[guest], offloads, &endpoint, &error), &error);
    return endpoint;
}

/* A macvtap, whose guest has its address. */
__attribute__((unused)) static struct endpoint open_macvtap(const char *name, bool offloads)
{
    struct endpoint endpoint = {0};
    struct link_info link;
    struct rtnl *rtnl = NULL;
    int *fd = &endpoint_fds[n_endpoint_fds];
    char *error = NULL;

    check_ok(rtnl_open(&rtnl, &error), &error);
    check_ok(link_get(rtnl, name, &link, &error), &error);
    check_ok(macvtap_open(rtnl, link.ifindex, 1, true, fd, &error), &error);
    n_endpoint_fds++;
    rtnl_close(rtnl);
    check_ok(endpoint_prepare(*fd, &link.mac, offloads, &endpoint, &error), &error);
    return endpoint;
}

/* Who is reached, for tables: unicast, broadcast, multicast, unknown unicast, from another source,
 * and its own broadcast; with `vlans` the same VLAN and another, too. */
__attribute__((unused)) static char *reach_text(const struct compare_pair *pair)
{
    enum compare_answer reach[REACH_N] = {0};
    char *text = str_dup("");
    char *error = NULL;

    check_ok(measure_reach(pair, reach, &error), &error);
    for (size_t i = 0; i < REACH_N; i++) {
        static const char *const words[] = {
            [COMPARE_UNTRIED] = "-", [COMPARE_NO] = "no", [COMPARE_YES] = "yes"};
        char *longer = str_printf("%s%s%s", text, i ? " " : "", words[reach[i]]);

        free(text);
        text = longer;
    }
    return text;
}

#define check_reach(pair, expected)                                                                \
    do {                                                                                           \
        char *reach_ = reach_text(pair);                                                           \
        assert_string_equal(reach_, expected);                                                     \
        free(reach_);                                                                              \
    } while (0)

__attribute__((unused)) static void check_offloads_(const struct compare_pair *pair,
                                                    enum compare_offload checksum,
                                                    enum compare_offload segmentation,
                                                    const char *file, int line)
{
    enum compare_offload got_checksum = OFFLOAD_UNTRIED;
    enum compare_offload got_segmentation = OFFLOAD_UNTRIED;
    char *error = NULL;

    check_ok(measure_offloads(pair, &got_checksum, &got_segmentation, &error), &error);
    if (got_checksum != checksum || got_segmentation != segmentation) {
        print_error("checksum %u, segmentation %u\n", got_checksum, got_segmentation);
        _fail(file, line);
    }
}
#define check_offloads(pair, checksum, segmentation)                                               \
    check_offloads_(pair, checksum, segmentation, __FILE__, __LINE__)

#endif
