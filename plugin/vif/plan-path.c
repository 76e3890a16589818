#include "vif/plan-path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* A tap stands for the switch's side of the cable; a macvtap has the guest's address, since the
 * lower device passes on by it what is for the guest. */
void vif_plan_host_mac(struct vif_port *port)
{
    bool macvtap = port->device == VIF_DEVICE_MACVTAP;

    port->host_mac = macvtap ? port->mac : mac_host_side(&port->mac);
}

/* The path in words; caller frees. */
static char *path_text(const struct vif_port *port)
{
    if (port->bridge) {
        return str_printf("bridge \"%s\"", port->bridge);
    }
    return str_printf("a macvtap on \"%s\"", port->n_lowers ? port->lowers[0] : "");
}

/* "bridge "br0": there is none"; caller frees. */
static char *reason(const struct vif_port *port, const char *why)
{
    auto_free char *path = path_text(port);

    return str_printf("%s: %s", path, why);
}

void vif_plan_path_keep(struct vif_port *port)
{
    if (port->alternative) {
        vif_port_clear(port->alternative);
        free(port->alternative);
        port->alternative = NULL;
    }
    str_assign(&port->other_error, NULL);
}

void vif_plan_path_take_other(struct vif_port *port, const char *why)
{
    struct vif_port other = *port->alternative;
    auto_free char *new_path = path_text(&other);
    auto_free char *old_path = reason(port, why);

    free(port->alternative);
    port->alternative = NULL;
    memcpy(other.name, port->name, sizeof other.name);
    memcpy(other.interface_id, port->interface_id, sizeof other.interface_id);
    other.name_generated = port->name_generated;
    other.id_random = port->id_random;
    other.mac = port->mac;
    vif_plan_host_mac(&other);
    str_assign(&other.other_error, old_path);
    vif_port_note(&other, "%s instead of %s", new_path, old_path);
    vif_port_clear(port);
    *port = other;
}

int vif_plan_path_fail(const struct vif_port *port, int error, const char *why, char **errorp)
{
    if (!port->other_error) {
        return error_set(errorp, -error, "%s", why);
    }
    auto_free char *path = path_text(port);

    return error_set(errorp, -error, "neither path of the network can be taken: %s; %s: %s",
                     port->other_error, path, why);
}

/* Neither path can be drafted. */
static int fail(const struct vif_plan_path *first, const struct vif_plan_path *second,
                char **errorp)
{
    /* What is wrong with the interface itself is wrong on either path. */
    if (str_eq(first->sentence, second->sentence)) {
        return error_set(errorp, -first->error, "%s", first->sentence);
    }
    auto_free char *one = reason(&first->port, first->sentence);
    auto_free char *other = reason(&second->port, second->sentence);

    return error_set(errorp, -first->error, "neither path of the network can be taken: %s; %s", one,
                     other);
}

int vif_plan_paths(struct vif_plan_path *first, struct vif_plan_path *second, struct vif_port *port,
                   char **errorp)
{
    struct vif_plan_path *taken = first->error ? second : first;
    struct vif_plan_path *left = first->error ? first : second;
    int error = taken->error ? fail(first, second, errorp) : 0;

    if (!error && !left->error) {
        taken->port.alternative = mem_zalloc(sizeof *taken->port.alternative);
        *taken->port.alternative = left->port;
    } else if (!error) {
        taken->port.other_error = reason(&left->port, left->sentence);
        if (taken == second) {
            auto_free char *path = path_text(&taken->port);

            vif_port_note(&taken->port, "%s instead of %s", path, taken->port.other_error);
        }
    }
    if (error || left->error) {
        vif_port_clear(&left->port);
    }
    if (error) {
        vif_port_clear(&taken->port);
    } else {
        *port = taken->port;
    }
    free(first->sentence);
    free(second->sentence);
    return error;
}
