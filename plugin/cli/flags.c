#include "cli/flags.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "netdev/macvtap.h"
#include "netdev/tap.h"
#include "vif/model.h"
#include "vif/strategy.h"
#include "vif/uuidtext.h"

static const enum cli_option_id flags[] = {
    CLI_OPT_BRIDGE,       CLI_OPT_LOWER,    CLI_OPT_MODE,        CLI_OPT_VLAN,
    CLI_OPT_TRUNK,        CLI_OPT_NATIVE,   CLI_OPT_NATIVE_MODE, CLI_OPT_MAC,
    CLI_OPT_TARGET,       CLI_OPT_QUEUES,   CLI_OPT_MTU,         CLI_OPT_MODEL,
    CLI_OPT_INTERFACE_ID, CLI_OPT_ISOLATED, CLI_OPT_RECONNECT,   CLI_OPT_RECONNECT_BY,
};

const char *flags_first(const struct cli *cli)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        if (cli_given(cli, flags[i])) {
            return cli_options[flags[i]].name;
        }
    }
    return NULL;
}

bool flags_given(const struct cli *cli)
{
    return flags_first(cli) != NULL;
}

/* Reads a decimal number at *p up to one of the characters in `ends` or the end of the text, and
 * moves *p there. */
static bool read_number(const char **p, const char *ends, unsigned long most, unsigned long *number)
{
    size_t digits = strspn(*p, "0123456789");

    if (!digits || digits > 9 || ((*p)[digits] && !strchr(ends, (*p)[digits]))) {
        return false;
    }
    *number = strtoul(*p, NULL, 10);
    *p += digits;
    return *number <= most;
}

static int parse_number(const struct cli *cli, enum cli_option_id id, unsigned long least,
                        unsigned long most, unsigned *out, char **errorp)
{
    const char *text = cli_value(cli, id);
    const char *p = text;
    unsigned long number;

    if (!text) {
        return 0;
    }
    if (!read_number(&p, "", most, &number) || number < least) {
        return error_set(errorp, EINVAL, "--%s \"%s\": a number from %lu to %lu is wanted",
                         cli_options[id].name, text, least, most);
    }
    *out = (unsigned)number;
    return 0;
}

static void add_tag(struct vif_vlan *vlan, unsigned long id)
{
    vlan->tags = mem_resize(vlan->tags, vlan->n_tags + 1, sizeof *vlan->tags);
    vlan->tags[vlan->n_tags++] = (struct vif_vlan_tag){.id = (uint16_t)id};
}

/* "A,B-C": single VLANs and ranges. */
static int parse_trunk(const char *text, struct vif_vlan *vlan, char **errorp)
{
    const char *p = text;

    vlan->trunk = true;
    for (;;) {
        unsigned long first;
        unsigned long last;

        if (!read_number(&p, ",-", 4095, &first)) {
            break;
        }
        last = first;
        if (*p == '-') {
            p++;
            if (!read_number(&p, ",", 4095, &last) || last < first) {
                break;
            }
        }
        for (unsigned long id = first; id <= last; id++) {
            add_tag(vlan, id);
        }
        if (!*p) {
            return 0;
        }
        p++;
    }
    return error_set(errorp, EINVAL,
                     "--trunk \"%s\": VLANs from 0 to 4095 and ranges are wanted, such as 10,20-29",
                     text);
}

/* Marks the native VLAN of a trunk; it need not be listed in --trunk itself. */
static void set_native(struct vif_vlan *vlan, unsigned id, enum vif_native_mode mode)
{
    for (size_t i = 0; i < vlan->n_tags; i++) {
        if (vlan->tags[i].id == id) {
            vlan->tags[i].native = mode;
            return;
        }
    }
    add_tag(vlan, id);
    vlan->tags[vlan->n_tags - 1].native = mode;
}

static int parse_vlan(const struct cli *cli, struct vif_vlan *vlan, char **errorp)
{
    const char *trunk = cli_value(cli, CLI_OPT_TRUNK);
    const char *mode = cli_value(cli, CLI_OPT_NATIVE_MODE);
    unsigned tag = 0;
    unsigned native = 0;
    int error = parse_number(cli, CLI_OPT_VLAN, 0, 4095, &tag, errorp);

    if (!error) {
        error = parse_number(cli, CLI_OPT_NATIVE, 0, 4095, &native, errorp);
    }
    if (error) {
        return error;
    }
    if (cli_given(cli, CLI_OPT_VLAN)) {
        if (trunk || cli_given(cli, CLI_OPT_NATIVE)) {
            return error_set(errorp, EINVAL,
                             "--vlan makes an access port; for a trunk use --trunk, and "
                             "--native for the VLAN of untagged frames");
        }
        add_tag(vlan, tag);
    }
    if (mode && !str_eq(mode, "tagged") && !str_eq(mode, "untagged")) {
        return error_set(errorp, EINVAL, "--native-mode \"%s\": tagged or untagged is wanted",
                         mode);
    }
    if ((cli_given(cli, CLI_OPT_NATIVE) && !trunk) || (mode && !cli_given(cli, CLI_OPT_NATIVE))) {
        return error_set(errorp, EINVAL, "%s needs %s", mode ? "--native-mode" : "--native",
                         trunk ? "--native" : "--trunk");
    }
    if (trunk) {
        error = parse_trunk(trunk, vlan, errorp);
        if (!error && cli_given(cli, CLI_OPT_NATIVE)) {
            set_native(vlan, native,
                       str_eq(mode, "tagged") ? VIF_NATIVE_TAGGED : VIF_NATIVE_UNTAGGED);
        }
    }
    return error;
}

static int parse_interface_id(const char *text, struct vif_virtualport *virtualport, char **errorp)
{
    char lower[UUID_TEXT_SIZE];

    if (text) {
        if (!uuid_normalize(text, lower)) {
            return error_set(errorp, EINVAL, "--interface-id \"%s\": a UUID is wanted", text);
        }
        virtualport->interface_id = str_dup(lower);
    }
    return 0;
}

/* What the interface is attached to. */
static int parse_source(const struct cli *cli, struct vif_spec *spec, char **errorp)
{
    const char *bridge = cli_value(cli, CLI_OPT_BRIDGE);
    const char *lower = cli_value(cli, CLI_OPT_LOWER);
    const char *mode = cli_value(cli, CLI_OPT_MODE);

    if (!bridge == !lower) {
        return error_set(errorp, EINVAL,
                         bridge ? "--bridge and --lower cannot go together"
                                : "--bridge BRIDGE or --lower DEV is wanted");
    }
    if (mode && !lower) {
        return error_set(errorp, EINVAL, "--mode needs --lower");
    }
    if (mode && !vif_mode_is_known(mode)) {
        return error_set(errorp, EINVAL, "--mode \"%s\": must be one of " VIF_MODES, mode);
    }
    spec->type = bridge ? VIF_TYPE_BRIDGE : VIF_TYPE_DIRECT;
    spec->type_name = str_dup(bridge ? "bridge" : "direct");
    spec->source_bridge = str_dup_or_null(bridge);
    spec->source_dev = str_dup_or_null(lower);
    spec->source_mode = str_dup_or_null(mode);
    return 0;
}

/* How it is connected again. */
static int parse_reconnect(const struct cli *cli, struct vif_spec *spec, char **errorp)
{
    const char *strategy = cli_value(cli, CLI_OPT_RECONNECT);
    const char *find = cli_value(cli, CLI_OPT_RECONNECT_BY);

    spec->strategy = vif_strategy_of(strategy);
    spec->find = vif_find_of(find);
    if (strategy && !spec->strategy) {
        return error_set(errorp, EINVAL, "--reconnect \"%s\": must be one of " VIF_STRATEGIES,
                         strategy);
    }
    if (find && !spec->find) {
        return error_set(errorp, EINVAL, "--reconnect-by \"%s\": must be one of " VIF_FINDS, find);
    }
    return 0;
}

static int fill_spec(const struct cli *cli, struct vif_spec *spec, char **errorp)
{
    const char *mac = cli_value(cli, CLI_OPT_MAC);
    unsigned most_mtu = cli_given(cli, CLI_OPT_LOWER) ? MACVTAP_MAX_MTU : TAP_MAX_MTU;
    int error = parse_source(cli, spec, errorp);

    if (!error && mac) {
        spec->has_mac = true;
        error = mac_parse(mac, &spec->mac, errorp);
    }
    if (!error) {
        error = parse_vlan(cli, &spec->vlan, errorp);
    }
    if (!error) {
        error = parse_number(cli, CLI_OPT_QUEUES, 1, TAP_MAX_QUEUES, &spec->n_queues, errorp);
    }
    if (!error) {
        error = parse_number(cli, CLI_OPT_MTU, TAP_MIN_MTU, most_mtu, &spec->mtu, errorp);
    }
    if (!error) {
        error = parse_interface_id(cli_value(cli, CLI_OPT_INTERFACE_ID), &spec->virtualport,
                                   errorp);
    }
    if (!error) {
        error = parse_reconnect(cli, spec, errorp);
    }
    spec->target = str_dup_or_null(cli_value(cli, CLI_OPT_TARGET));
    spec->model = str_dup_or_null(cli_value(cli, CLI_OPT_MODEL));
    spec->isolated = cli_given(cli, CLI_OPT_ISOLATED) ? VIF_YES : VIF_UNSET;
    return error;
}

int flags_to_spec(const struct cli *cli, struct vif_spec *spec, char **errorp)
{
    memset(spec, 0, sizeof *spec);
    int error = fill_spec(cli, spec, errorp);

    if (error) {
        vif_spec_clear(spec);
    }
    return error;
}
