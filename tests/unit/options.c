/* cli/cli.h and cli/flags.h: reading a command line. */
#include <errno.h>

#include "base/mem.h"
#include "cli/flags.h"
#include "support/test.h"

/* The commands refer to these of main.c's, and none is run here. */
enum cli_status cli_fail(enum cli_status status, char *sentence)
{
    free(sentence);
    return status;
}

enum cli_status cli_plan_status(int error)
{
    (void)error;
    return CLI_FAILED;
}

/* A command line as main() gets it, from words with blanks between them. */
struct line {
    char *text;
    char *argv[32];
    int argc;
};

static void split(const char *text, struct line *line)
{
    static char program[] = "vifplug";
    char *rest;

    memset(line, 0, sizeof *line);
    line->text = rest = str_dup(text);
    line->argv[line->argc++] = program;
    for (char *word; (word = strsep(&rest, " "));) {
        assert_in_range(line->argc, 0, ARRAY_LEN(line->argv) - 2);
        line->argv[line->argc++] = word;
    }
}

static void check_bad(const char *text, const char *part)
{
    struct line line;
    struct cli cli;
    char *error = NULL;

    split(text, &line);
    check_error(cli_parse(line.argc, line.argv, &cli, &error), -EINVAL, &error, part);
    cli_clear(&cli);
    free(line.text);
}

/* Parses a good line; the caller frees with done(). */
static void parse(const char *text, struct line *line, struct cli *cli)
{
    char *error = NULL;

    split(text, line);
    check_ok(cli_parse(line->argc, line->argv, cli, &error), &error);
}

static void done(struct line *line, struct cli *cli)
{
    cli_clear(cli);
    free(line->text);
}

static void the_tables_are_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLI_N_OPTIONS; i++) {
        const struct cli_option *option = &cli_options[i];
        size_t takers = 0;

        assert_non_null(option->name);
        assert_non_null(option->help);
        for (size_t c = 0; c < cli_n_commands; c++) {
            takers += cli_takes(&cli_commands[c], option) ? 1 : 0;
        }
        assert_true(takers > 0);
    }
    for (size_t c = 0; c < cli_n_commands; c++) {
        assert_non_null(cli_commands[c].run);
        /* No command may know two options by one name: --domain means two things. */
        for (size_t i = 0; i < CLI_N_OPTIONS; i++) {
            for (size_t j = 0; j < i; j++) {
                assert_false(str_eq(cli_options[i].name, cli_options[j].name) &&
                             cli_takes(&cli_commands[c], &cli_options[i]) &&
                             cli_takes(&cli_commands[c], &cli_options[j]));
            }
        }
    }
}

static void options_are_read(void **state)
{
    struct line line;
    struct cli cli;

    (void)state;
    parse("plug --bridge br0 --vlan=100 --isolated --json", &line, &cli);
    assert_string_equal(cli.command->name, "plug");
    assert_string_equal(cli_value(&cli, CLI_OPT_BRIDGE), "br0");
    assert_string_equal(cli_value(&cli, CLI_OPT_VLAN), "100");
    assert_true(cli_given(&cli, CLI_OPT_ISOLATED));
    assert_true(cli_given(&cli, CLI_OPT_JSON));
    assert_false(cli_given(&cli, CLI_OPT_MTU));
    assert_null(cli_value(&cli, CLI_OPT_MTU));
    assert_int_equal(cli.n_args, 0);
    assert_null(cli.rest);
    done(&line, &cli);
}

static void files_keep_their_order(void **state)
{
    struct line line;
    struct cli cli;

    (void)state;
    parse("plan --domain a --interface b --domain - --network n --network m", &line, &cli);
    assert_int_equal(cli.n_inputs, 3);
    assert_true(cli.inputs[0].is_domain);
    assert_string_equal(cli.inputs[0].file, "a");
    assert_false(cli.inputs[1].is_domain);
    assert_string_equal(cli.inputs[1].file, "b");
    assert_true(cli.inputs[2].is_domain);
    assert_string_equal(cli.inputs[2].file, "-");
    assert_int_equal(cli.options[CLI_OPT_NETWORK].n, 2);
    assert_string_equal(cli.options[CLI_OPT_NETWORK].texts[1], "m");
    done(&line, &cli);
}

static void names_and_options_may_be_mixed(void **state)
{
    struct line line;
    struct cli cli;

    (void)state;
    parse("unplug web0 --json web1 --timeout 3 web2", &line, &cli);
    assert_int_equal(cli.n_args, 3);
    assert_string_equal(cli.args[0], "web0");
    assert_string_equal(cli.args[1], "web1");
    assert_string_equal(cli.args[2], "web2");
    assert_string_equal(cli_value(&cli, CLI_OPT_TIMEOUT), "3");
    done(&line, &cli);

    parse("unplug --domain web --domain db", &line, &cli);
    assert_int_equal(cli.n_inputs, 0);
    assert_int_equal(cli.options[CLI_OPT_SELECT_DOMAIN].n, 2);
    done(&line, &cli);
}

static void what_follows_the_dashes_is_not_ours(void **state)
{
    struct line line;
    struct cli cli;

    (void)state;
    parse("run --bridge br0 -- qemu --bridge x --help -- --vlan", &line, &cli);
    assert_string_equal(cli_value(&cli, CLI_OPT_BRIDGE), "br0");
    assert_false(cli_given(&cli, CLI_OPT_HELP));
    assert_false(cli_given(&cli, CLI_OPT_VLAN));
    assert_string_equal(cli.rest[0], "qemu");
    assert_string_equal(cli.rest[1], "--bridge");
    assert_string_equal(cli.rest[4], "--");
    assert_string_equal(cli.rest[5], "--vlan");
    assert_null(cli.rest[6]);
    done(&line, &cli);

    parse("run --bridge br0 --", &line, &cli);
    assert_non_null(cli.rest);
    assert_null(cli.rest[0]);
    done(&line, &cli);
    check_bad("plug --bridge br0 -- qemu", "plug takes nothing after --");
}

static void flags_may_be_repeated_and_values_not(void **state)
{
    struct line line;
    struct cli cli;

    (void)state;
    parse("plug --bridge br0 --verbose --verbose", &line, &cli);
    assert_true(cli_given(&cli, CLI_OPT_VERBOSE));
    done(&line, &cli);
    check_bad("plug --vlan 1 --vlan 2", "--vlan is given twice");
    check_bad("plug --db a --db=a", "--db is given twice");
}

static void what_is_not_understood_is_named(void **state)
{
    (void)state;
    check_bad("plugg --bridge br0", "no command \"plugg\"; see vifplug --help");
    check_bad("", "no command \"\"");
    check_bad("plug --brigde br0", "plug does not take the option \"--brigde\"; see vifplug plug");
    check_bad("plug --all", "plug does not take the option \"--all\"");
    check_bad("list --bridge br0", "list does not take the option \"--bridge\"");
    check_bad("plug -v", "plug does not take the option \"-v\"");
    check_bad("plug -xyz", "plug does not take the option \"-x\"");
    check_bad("plug --bridge br0 -xyz", "plug does not take the option \"-x\"");
    check_bad("plug --json=yes", "plug does not take the option \"--json=yes\"");
    check_bad("plug --bridge", "--bridge needs an argument");
    check_bad("plug --bridge br0 stray", "plug does not take \"stray\"");
    check_bad("xml", "xml needs ");
    check_bad("xml a b", "xml does not take \"b\"");
}

static void help_needs_nothing_else(void **state)
{
    struct line line;
    struct cli cli;

    (void)state;
    parse("xml --help", &line, &cli);
    assert_true(cli_given(&cli, CLI_OPT_HELP));
    done(&line, &cli);
}

/* Reads the options of a line as an interface. */
static int spec_of(const char *text, struct vif_spec *spec, char **errorp)
{
    struct line line;
    struct cli cli;

    parse(text, &line, &cli);
    int error = flags_to_spec(&cli, spec, errorp);

    done(&line, &cli);
    return error;
}

static void check_bad_flags(const char *text, const char *part)
{
    struct vif_spec spec;
    char *error = NULL;

    check_error(spec_of(text, &spec, &error), -EINVAL, &error, part);
}

static void flags_make_an_interface(void **state)
{
    struct vif_spec spec;
    char *error = NULL;

    (void)state;
    check_ok(spec_of("plug --bridge br0 --vlan 100 --mac 52:54:00:00:00:01 --target web0 "
                     "--queues 4 --mtu 9000 --model e1000e --isolated "
                     "--interface-id BB9FE61C-D236-5255-8AA5-42BDCB647E1E",
                     &spec, &error),
             &error);
    assert_int_equal(spec.type, VIF_TYPE_BRIDGE);
    assert_string_equal(spec.type_name, "bridge");
    assert_string_equal(spec.source_bridge, "br0");
    assert_false(spec.vlan.trunk);
    assert_int_equal(spec.vlan.n_tags, 1);
    assert_int_equal(spec.vlan.tags[0].id, 100);
    assert_true(spec.has_mac);
    assert_int_equal(spec.mac.octet[5], 1);
    assert_string_equal(spec.target, "web0");
    assert_int_equal(spec.n_queues, 4);
    assert_int_equal(spec.mtu, 9000);
    assert_string_equal(spec.model, "e1000e");
    assert_int_equal(spec.isolated, VIF_YES);
    assert_string_equal(spec.virtualport.interface_id, "bb9fe61c-d236-5255-8aa5-42bdcb647e1e");
    /* What the bridge is, it shows itself. */
    assert_false(spec.virtualport.present);
    assert_null(spec.element);
    vif_spec_clear(&spec);

    check_ok(spec_of("plug --lower eth0 --mode vepa", &spec, &error), &error);
    assert_int_equal(spec.type, VIF_TYPE_DIRECT);
    assert_string_equal(spec.source_dev, "eth0");
    assert_string_equal(spec.source_mode, "vepa");
    assert_int_equal(spec.strategy, VIF_STRATEGY_UNSET);
    assert_int_equal(spec.find, VIF_FIND_UNSET);
    vif_spec_clear(&spec);

    check_ok(spec_of("plug --lower eth0 --reconnect hub --reconnect-by mac", &spec, &error),
             &error);
    assert_int_equal(spec.strategy, VIF_STRATEGY_HUB);
    assert_int_equal(spec.find, VIF_FIND_MAC);
    vif_spec_clear(&spec);
}

static void trunks_are_lists_and_ranges(void **state)
{
    static const struct {
        const char *text;
        size_t n;
        uint16_t first;
        uint16_t last;
    } cases[] = {
        {"plug --bridge br0 --trunk 7", 1, 7, 7},
        {"plug --bridge br0 --trunk 10,20", 2, 10, 20},
        {"plug --bridge br0 --trunk 10-12,30", 4, 10, 30},
        {"plug --bridge br0 --trunk 30,10-10", 2, 30, 10},
        {"plug --bridge br0 --trunk 0-4095", 4096, 0, 4095},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vif_spec spec;
        char *error = NULL;

        check_ok(spec_of(cases[i].text, &spec, &error), &error);
        assert_true(spec.vlan.trunk);
        assert_int_equal(spec.vlan.n_tags, cases[i].n);
        assert_int_equal(spec.vlan.tags[0].id, cases[i].first);
        assert_int_equal(spec.vlan.tags[cases[i].n - 1].id, cases[i].last);
        assert_int_equal(spec.vlan.tags[0].native, VIF_NATIVE_NONE);
        vif_spec_clear(&spec);
    }
}

static void a_native_vlan_is_listed_or_added(void **state)
{
    struct vif_spec spec;
    char *error = NULL;

    (void)state;
    check_ok(spec_of("plug --bridge br0 --trunk 10,20 --native 20", &spec, &error), &error);
    assert_int_equal(spec.vlan.n_tags, 2);
    assert_int_equal(spec.vlan.tags[1].native, VIF_NATIVE_UNTAGGED);
    vif_spec_clear(&spec);

    check_ok(
        spec_of("plug --bridge br0 --trunk 10 --native 20 --native-mode tagged", &spec, &error),
        &error);
    assert_int_equal(spec.vlan.n_tags, 2);
    assert_int_equal(spec.vlan.tags[1].id, 20);
    assert_int_equal(spec.vlan.tags[1].native, VIF_NATIVE_TAGGED);
    vif_spec_clear(&spec);
}

static void bad_flags_are_named(void **state)
{
    static const char *const trunks[] = {
        "",      ",",    "10,",    ",10", "10-", "-10", "20-10", "1,a",  "1--2",
        "1-2-3", "4096", "1-4096", "0x1", "1 ",  "+1",  "1;2",   "1,,2", "99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(trunks); i++) {
        struct line line;
        struct cli cli;
        struct vif_spec spec;
        char *error = NULL;
        auto_free char *trunk = str_dup(trunks[i]);

        parse("plug --bridge br0 --trunk PLACE", &line, &cli);
        cli.options[CLI_OPT_TRUNK].texts[0] = trunk;
        check_error(flags_to_spec(&cli, &spec, &error), -EINVAL, &error,
                    "VLANs from 0 to 4095 and ranges are wanted, such as 10,20-29");
        done(&line, &cli);
    }
    check_bad_flags("plug --vlan 1", "--bridge BRIDGE or --lower DEV is wanted");
    check_bad_flags("plug --bridge br0 --lower eth0", "--bridge and --lower cannot go together");
    check_bad_flags("plug --bridge br0 --mode vepa", "--mode needs --lower");
    check_bad_flags("plug --lower eth0 --reconnect never",
                    "--reconnect \"never\": must be one of replug, hub and none");
    check_bad_flags("plug --lower eth0 --reconnect-by color",
                    "--reconnect-by \"color\": must be one of name, mac and pool");
    check_bad_flags("plug --reconnect hub", "--bridge BRIDGE or --lower DEV is wanted");
    check_bad_flags("plug --bridge br0 --vlan 4096",
                    "--vlan \"4096\": a number from 0 to 4095 is wanted");
    check_bad_flags("plug --bridge br0 --vlan -1", "--vlan \"-1\"");
    check_bad_flags("plug --bridge br0 --vlan abc", "--vlan \"abc\"");
    check_bad_flags("plug --bridge br0 --vlan 1 --trunk 2", "--vlan makes an access port");
    check_bad_flags("plug --bridge br0 --vlan 1 --native 2", "--vlan makes an access port");
    check_bad_flags("plug --bridge br0 --native 2", "--native needs --trunk");
    check_bad_flags("plug --bridge br0 --trunk 1 --native-mode tagged",
                    "--native-mode needs --native");
    check_bad_flags("plug --bridge br0 --trunk 1 --native 1 --native-mode both",
                    "--native-mode \"both\": tagged or untagged is wanted");
    check_bad_flags("plug --bridge br0 --queues 0", "a number from 1 to 256 is wanted");
    check_bad_flags("plug --bridge br0 --queues 300", "--queues \"300\"");
    check_bad_flags("plug --bridge br0 --mtu 67", "a number from 68 to 65521 is wanted");
    check_bad_flags("plug --bridge br0 --mac 52:54:00", "52:54:00");
    check_bad_flags("plug --bridge br0 --interface-id x", "--interface-id \"x\": a UUID is wanted");
}

static void which_flag_came_first(void **state)
{
    struct line line;
    struct cli cli;

    (void)state;
    parse("plug --domain a --mtu 1 --db unix:x", &line, &cli);
    assert_true(flags_given(&cli));
    assert_string_equal(flags_first(&cli), "mtu");
    done(&line, &cli);
    parse("plug --domain a --db unix:x --network n", &line, &cli);
    assert_false(flags_given(&cli));
    done(&line, &cli);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_are_complete),
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(files_keep_their_order),
        cmocka_unit_test(names_and_options_may_be_mixed),
        cmocka_unit_test(what_follows_the_dashes_is_not_ours),
        cmocka_unit_test(flags_may_be_repeated_and_values_not),
        cmocka_unit_test(what_is_not_understood_is_named),
        cmocka_unit_test(help_needs_nothing_else),
        cmocka_unit_test(flags_make_an_interface),
        cmocka_unit_test(trunks_are_lists_and_ranges),
        cmocka_unit_test(a_native_vlan_is_listed_or_added),
        cmocka_unit_test(bad_flags_are_named),
        cmocka_unit_test(which_flag_came_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
