#include "policy/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "policy/line.h"

#define NAME_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-@:+,="

int policy_check_name(const char *name, char **errorp)
{
    size_t length = strnlen(name, POLICY_NAME_SIZE);

    if (!length) {
        return error_set(errorp, EINVAL, "the name of a bridge or network must not be empty");
    }
    if (length == POLICY_NAME_SIZE) {
        return error_set(errorp, ENAMETOOLONG,
                         "the name of the bridge or network is longer than %d bytes",
                         POLICY_NAME_SIZE - 1);
    }
    if (*name == '.' || *name == '-') {
        return error_set(errorp, EINVAL,
                         "\"%s\" cannot be the name of a bridge or network: it "
                         "begins with '%c'",
                         name, *name);
    }
    for (size_t i = 0; i < length; i++) {
        if (!strchr(NAME_BYTES, name[i])) {
            return error_set(errorp, EINVAL,
                             "the name of a bridge or network cannot have byte 0x%02x in it, at "
                             "byte %zu",
                             (unsigned char)name[i], i + 1);
        }
    }
    return 0;
}

/* Whether frames of that VLAN pass the port. */
static bool carries(const struct ovs_vlan *vlan, unsigned id)
{
    bool tagged = vlan->mode != OVS_VLAN_TRUNK && vlan->tag == (int)id;

    if (vlan->mode == OVS_VLAN_ACCESS || tagged) {
        return tagged;
    }
    /* A trunk of no VLAN in particular is one of all. */
    for (size_t i = 0; i < vlan->n_trunks; i++) {
        if (vlan->trunks[i] == id) {
            return true;
        }
    }
    return vlan->n_trunks == 0;
}

/* Whether the line has all the VLANs of the port, or with `any` one of them at least. */
static bool has_vlans(const struct policy_line *line, const struct ovs_vlan *vlan, bool any)
{
    for (unsigned id = 0; id < POLICY_VLANS; id++) {
        if (carries(vlan, id) && policy_line_has_vlan(line, id) == any) {
            return any;
        }
    }
    return !any;
}

/* Whether one of the caller's ids is among those of the line. */
static bool has_id(const struct policy_ids *ids, const id_t *own, size_t n)
{
    for (size_t i = 0; i < ids->n; i++) {
        for (size_t j = 0; j < n; j++) {
            if (ids->list[i] == own[j]) {
                return true;
            }
        }
    }
    return !ids->given;
}

/* Whether the line is about this caller and this name. */
static bool is_about(const struct policy_line *line, const struct policy_request *request)
{
    return (!line->name || str_eq(line->name, request->name)) &&
           has_id(&line->users, &request->uid, 1) &&
           has_id(&line->groups, request->gids, request->n_gids);
}

/* Only of what the caller named himself is it known which address it is: one that vifplug makes up
 * is not the guest's. */
static bool has_mac(const struct policy_line *line, const struct mac *mac)
{
    if (!line->n_macs) {
        return true;
    }
    if (!mac) {
        return line->deny;
    }
    for (size_t i = 0; i < line->n_macs; i++) {
        if (memcmp(line->macs[i].mac.octet, mac->octet, line->macs[i].n_octets) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_mode(const struct policy_line *line, enum macvtap_mode mode)
{
    return !line->modes || (line->modes >> mode & 1);
}

/* The ports that count against the line's `max`: those that the caller has of its name. */
static size_t count_held(const struct policy_line *line, const struct policy_request *request)
{
    size_t n = 0;

    for (size_t i = 0; i < request->n_held; i++) {
        n += !line->name || str_eq(line->name, request->held[i]) ? 1 : 0;
    }
    return n;
}

static bool is_denied_by(const struct policy_line *line, const struct policy_request *request)
{
    return line->deny && is_about(line, request) &&
           (!line->vlans || has_vlans(line, request->vlan, true)) && has_mac(line, request->mac) &&
           has_mode(line, request->mode);
}

/* What a line that is about the caller and the name has against the request, or NULL. */
static char *objection(const struct policy_line *line, const struct policy_request *request)
{
    if (line->vlans && !has_vlans(line, request->vlan, false)) {
        return str_dup(request->vlan_asked || request->is_network
                           ? "is about other VLANs"
                           : "is about some VLANs only; name one of them with --vlan");
    }
    if (!line->vlans && request->is_network && request->vlan_asked) {
        return str_dup("lets the network choose the VLAN");
    }
    if (!has_mac(line, request->mac)) {
        return str_dup(request->mac ? "is about other MAC addresses"
                                    : "is about some MAC addresses only; name yours with --mac");
    }
    if (!has_mode(line, request->mode)) {
        return str_dup(request->mode == MACVTAP_NO_MODE ? "is about macvtaps only"
                                                        : "is about other modes");
    }
    size_t held = line->has_max ? count_held(line, request) : 0;
    if (line->has_max && held >= line->max) {
        return str_printf("allows %u at a time, and there are %zu", line->max, held);
    }
    return NULL;
}

static void decided_by(const struct policy_line *line, struct policy_verdict *verdict)
{
    verdict->reason = str_printf("%s, line %u: %s", line->file, line->number, line->text);
}

void policy_decide(const struct policy *policy, const struct policy_request *request,
                   struct policy_verdict *verdict)
{
    auto_free char *nearest = NULL;

    memset(verdict, 0, sizeof *verdict);
    for (size_t i = 0; i < policy->n_lines; i++) {
        if (is_denied_by(&policy->lines[i], request)) {
            decided_by(&policy->lines[i], verdict);
            return;
        }
    }
    for (size_t i = 0; i < policy->n_lines; i++) {
        const struct policy_line *line = &policy->lines[i];

        if (line->deny || !is_about(line, request)) {
            continue;
        }
        auto_free char *against = objection(line, request);
        if (!against) {
            verdict->allowed = true;
            decided_by(line, verdict);
            return;
        }
        if (!nearest) {
            nearest = str_printf("; line %u of %s %s", line->number, line->file, against);
        }
    }
    verdict->reason = str_printf("no line of %s allows it%s", policy->files[0],
                                 nearest ? nearest : "");
}

void policy_verdict_clear(struct policy_verdict *verdict)
{
    free(verdict->reason);
    memset(verdict, 0, sizeof *verdict);
}

bool policy_may_ask(const struct policy *policy, const struct policy_request *request)
{
    bool allowed = false;

    for (size_t i = 0; i < policy->n_lines; i++) {
        const struct policy_line *line = &policy->lines[i];

        if (!is_about(line, request)) {
            continue;
        }
        if (!line->deny) {
            allowed = true;
        } else if (!line->vlans && !line->n_macs && !line->modes) {
            return false;
        }
    }
    return allowed;
}

bool policy_names(const struct policy *policy, const char *name)
{
    for (size_t i = 0; i < policy->n_lines; i++) {
        if (policy->lines[i].name && str_eq(policy->lines[i].name, name)) {
            return true;
        }
    }
    return false;
}
