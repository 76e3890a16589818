/* Floors: what frames cost without a switch. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <net/if.h>

#include "base/error.h"
#include "base/mem.h"
#include "compare/path-guests.h"
#include "compare/path-kinds.h"
#include "netdev/echo.h"
#include "netdev/packet.h"

/* One tap both ways: what is written to it can be read from it again. */
int path_open_floor_tap(struct testbed *testbed, struct compare_pair *pair,
                        struct compare_path *path, char **errorp)
{
    struct testbed_path *place = testbed_add(testbed);
    struct vif_spec spec = {
        .type = VIF_TYPE_ETHERNET,
        .type_name = str_dup("ethernet"),
        .has_mac = true,
        .mac = testbed_mac(testbed, 0),
    };
    int error = site_make(&place->site, errorp);

    if (error) {
        vif_spec_clear(&spec);
    } else {
        error = guests_plug(place, &spec, 1, false, pair, path, errorp);
    }
    if (!error) {
        error = link_echo(place->site.rtnl, place->site.guests[0].record.ifindex, errorp);
    }
    if (!error) {
        place->site.extra_fds[0] = fcntl(pair->a.fd, F_DUPFD_CLOEXEC, 0);
        error = place->site.extra_fds[0] < 0
                    ? error_set(errorp, errno, "cannot copy a descriptor: %m")
                    : 0;
        pair->b = pair->a;
        pair->b.fd = place->site.extra_fds[0];
        pair->b.mac = testbed_mac(testbed, 1);
    }
    site_leave(&place->site);
    return error;
}

int path_open_floor_packet(struct testbed *testbed, struct compare_pair *pair,
                           struct compare_path *path, char **errorp)
{
    static const char *const names[] = {"left", "right"};
    struct testbed_path *place = testbed_add(testbed);
    struct endpoint *const endpoints[] = {&pair->a, &pair->b};
    int error = site_make(&place->site, errorp);

    (void)path;
    if (!error) {
        error = site_add_cable(&place->site, names[0], names[1], 0, false, errorp);
    }
    for (size_t i = 0; i < ARRAY_LEN(names) && !error; i++) {
        const struct mac mac = testbed_mac(testbed, i);

        error = packet_open((int)if_nametoindex(names[i]), names[i], ETH_P_ALL,
                            &place->site.extra_fds[i], errorp);
        endpoint_packet(place->site.extra_fds[i], &mac, endpoints[i]);
    }
    site_leave(&place->site);
    return error;
}
