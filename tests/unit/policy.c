/* policy/policy.h: what is read, what is refused, and what is decided. */
#include "policy/policy.h"

#include "support/test.h"

#include <errno.h>

#include "base/error.h"
#include "base/mem.h"

/* The users and groups of these tests. */
enum { JOE = 1000, ANN = 1001, STAFF = 50, KVM = 36 };

struct file {
    const char *name;
    const char *text;
};

static int read_one(void *data, const char *file, char **text, size_t *length, char **errorp)
{
    for (const struct file *known = data; known->name; known++) {
        if (str_eq(known->name, file)) {
            *text = str_dup(known->text);
            *length = strlen(known->text);
            return 0;
        }
    }
    return error_set(errorp, ENOENT, "%s: there is none", file);
}

static int find_user(void *data, const char *name, id_t *id)
{
    (void)data;
    *id = str_eq(name, "joe") ? JOE : ANN;
    return str_eq(name, "joe") || str_eq(name, "ann") ? 0 : str_eq(name, "broken") ? -EIO : -ENOENT;
}

static int find_group(void *data, const char *name, id_t *id)
{
    (void)data;
    *id = str_eq(name, "staff") ? STAFF : KVM;
    return str_eq(name, "staff") || str_eq(name, "kvm") ? 0 : -ENOENT;
}

static int read_files(const struct file *files, struct policy **policy, char **errorp)
{
    const struct policy_source source = {
        .read = read_one,
        .find_user = find_user,
        .find_group = find_group,
        .data = (void *)(uintptr_t)files,
    };

    return policy_read("/etc/p", &source, policy, errorp);
}

static int read_text(const char *text, struct policy **policy, char **errorp)
{
    const struct file files[] = {{"/etc/p", text}, {"/etc/more", "allow more\n"}, {0}};

    return read_files(files, policy, errorp);
}

static void what_is_not_understood_refuses_all(void **state)
{
    static const struct {
        const char *text;
        const char *part;
    } bad[] = {
        {"allow", "/etc/p, line 1: no name stands after \"allow\""},
        {"allow br0\ndeny\n", "line 2: no name stands after \"deny\""},
        {"allow # br0", "no name"},
        {"permit br0", "\"permit\" is not known"},
        {"ALLOW br0", "\"ALLOW\" is not known"},
        {"allow br0 br1", "\"br1\" is not known; a line is narrowed by"},
        {"allow br0 user", "nothing stands after \"user\""},
        {"allow br0 user # joe", "nothing stands after \"user\""},
        {"allow br0 user joe,", "a user is missing"},
        {"allow br0 user ,joe", "a user is missing"},
        {"allow br0 group staff,,kvm", "a group is missing"},
        {"allow br0 user joe user ann", "\"user\" stands there twice"},
        {"allow br0 user 4294967295", "\"4294967295\" is out of range for a user"},
        {"deny br0 user nosuch", "there is no user \"nosuch\" to be denied"},
        {"deny br0 group nosuch", "there is no group \"nosuch\" to be denied"},
        {"allow br0 user broken", "cannot look up user \"broken\""},
        {"allow br0 vlan 4096", "\"4096\" is no VLAN"},
        {"allow br0 vlan 1-4096", "\"1-4096\" is no VLAN"},
        {"allow br0 vlan 20-10", "\"20-10\" is no VLAN"},
        {"allow br0 vlan 10-", "\"10-\" is no VLAN"},
        {"allow br0 vlan -10", "\"-10\" is no VLAN"},
        {"allow br0 vlan 1-2-3", "\"1-2-3\" is no VLAN"},
        {"allow br0 vlan 0x10", "is no VLAN"},
        {"allow br0 vlan 18446744073709551617", "is no VLAN"},
        {"allow br0 vlan 100, 200", "\"\" is no VLAN"},
        {"allow br0 mac 52:54:00", "is no MAC address"},
        {"allow br0 mac 52:54:00*", "is no MAC address"},
        {"allow br0 mac 52:54:00:", "is no MAC address"},
        {"allow br0 mac 52:54:00:12:34:56:*", "is no MAC address"},
        {"allow br0 mac 52:54:00:12:34:56:78", "is no MAC address"},
        {"allow br0 mac 5:54:00:12:34:56", "is no MAC address"},
        {"allow br0 mac *,", "\"\" is no MAC address"},
        {"allow br0 mode tap", "\"tap\" is no mode"},
        {"allow br0 max -1", "max \"-1\" is no number"},
        {"allow br0 max 65536", "is no number from 0 to 65535"},
        {"deny br0 max 1", "max goes with allow only"},
        {"allow ../br0", "begins with '.'"},
        {"allow -br0", "begins with '-'"},
        {"allow br/0", "byte 0x2f"},
        {"allow br%d", "byte 0x25"},
        {"allow b\xc3\xa4", "byte 0xc3"},
        {"allow \"br0\"", "byte 0x22"},
        {"allow 0123456789012345678901234567890123456789012345678901234567890123",
         "longer than 63 bytes"},
        {"allow br0\r\n", "byte 0x0d in it"},
        {"allow br0\v", "byte 0x0b in it"},
        {"include", "include wants the name of one file"},
        {"include /etc/more /etc/more", "include wants the name of one file"},
        {"include /etc/none", "/etc/p, line 1: /etc/none: there is none"},
        {"include p", "include each other more than 8 deep"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct policy *policy = NULL;
        char *error = NULL;
        int result = read_text(bad[i].text, &policy, &error);

        if (!result || !error || !strstr(error, bad[i].part)) {
            print_error("%s: %d, %s\n", bad[i].text, result, error ? error : "no sentence");
            fail();
        }
        free(error);
    }
}

static void limits_hold(void **state)
{
    static char text[POLICY_MAX_LINES * 8 + 16];
    const struct file files[] = {
        {"/etc/p", "include a\ninclude a\n"},    {"/etc/a", "include b\ninclude b\n"},
        {"/etc/b", "include c\ninclude c\n"},    {"/etc/c", "include d\ninclude d\n"},
        {"/etc/d", "include e\ninclude e\n"},    {"/etc/e", "include f\ninclude f\n"},
        {"/etc/f", "# as many as there can be"}, {0},
    };
    struct policy *policy = NULL;
    char *error = NULL;

    (void)state;
    for (size_t i = 0; i < POLICY_MAX_LINES; i++) {
        stpcpy(&text[i * 8], "allow a\n");
    }
    check_ok(read_text(text, &policy, &error), &error);
    policy_free(policy);
    stpcpy(&text[(size_t)POLICY_MAX_LINES * 8], "allow a\n");
    check_error(read_text(text, &policy, &error), -EINVAL, &error, "more than 4096 lines");
    check_error(read_files(files, &policy, &error), -EINVAL, &error, "more than 64 files");
}

static void names_are_judged_by_their_bytes(void **state)
{
    static const char *const good[] = {"br0", "a", "lan@100", "_x", "br-int", "Net.1", "b,c=d:e"};
    static const char *const bad[] = {"",     ".",    "..",   "-x",     "a/b",   "a b", "a\tb",
                                      "a\nb", "a\"b", "a'b",  "a\\b",   "a`b",   "#a",  "a#",
                                      "a%s",  "a;b",  "a$b",  "a*",     "a&",    "a|b", "~a",
                                      "a(b)", "\x7f", "\x80", "\x1b[m", "/etc/x"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_int_equal(policy_check_name(good[i], NULL), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(policy_check_name(bad[i], NULL), -EINVAL);
    }
}

/* A request in short: the words of `vifplug check --policy`, and what a network would say. */
struct asked {
    uid_t uid;
    const char *name;
    int tag; /* -1: none, which is every VLAN; else an access port */
    bool network;
    bool vlan_asked;
    const char *mac;
    enum macvtap_mode mode;
    size_t n_held; /* of br0; and one of br1 */
};

static void ask(const struct asked *asked, const struct policy *policy,
                struct policy_verdict *verdict, bool *may_ask)
{
    static const char *const held[] = {"br1", "br0", "br0", "br0"};
    static const gid_t gids[] = {1000, STAFF};
    struct ovs_vlan vlan = {
        .mode = asked->tag < 0 ? OVS_VLAN_TRUNK : OVS_VLAN_ACCESS,
        .tag = asked->tag,
    };
    struct mac mac;
    const struct policy_request request = {
        .name = asked->name,
        .uid = asked->uid,
        .gids = gids,
        .n_gids = asked->uid == JOE ? 2 : 1,
        .is_network = asked->network,
        .vlan_asked = asked->vlan_asked,
        .vlan = &vlan,
        .mac = asked->mac && mac_parse(asked->mac, &mac, NULL) == 0 ? &mac : NULL,
        .mode = asked->mode,
        .held = held,
        .n_held = asked->n_held + 1,
    };

    *may_ask = policy_may_ask(policy, &request);
    policy_decide(policy, &request, verdict);
}

#define JOES_BR0                                                                                   \
    {                                                                                              \
        .uid = JOE, .name = "br0", .tag = -1                                                       \
    }
#define JOES_VLAN(n)                                                                               \
    {                                                                                              \
        .uid = JOE, .name = "br0", .tag = (n), .vlan_asked = true                                  \
    }
#define JOES_MAC(m)                                                                                \
    {                                                                                              \
        .uid = JOE, .name = "br0", .tag = -1, .mac = (m)                                           \
    }
#define ANNS_BR0                                                                                   \
    {                                                                                              \
        .uid = ANN, .name = "br0", .tag = -1                                                       \
    }
#define ON_LAN(t, a)                                                                               \
    {                                                                                              \
        .uid = JOE, .name = "lan", .tag = (t), .network = true, .vlan_asked = (a)                  \
    }
#define HOLDS(n)                                                                                   \
    {                                                                                              \
        .uid = JOE, .name = "br0", .tag = -1, .n_held = (n)                                        \
    }
#define MACVTAP(m)                                                                                 \
    {                                                                                              \
        .uid = JOE, .name = "lan", .tag = -1, .network = true, .mode = MACVTAP_##m                 \
    }

static const struct {
    const char *text;
    struct asked asked;
    bool allowed;
    const char *part; /* of the reason */
} decisions[] = {
    /* qemu-bridge-helper's own. */
    {"", JOES_BR0, false, "no line of /etc/p allows it"},
    {"# nothing\n\n  \t\n", JOES_BR0, false, "no line"},
    {"allow br0", JOES_BR0, true, "/etc/p, line 1: allow br0"},
    {"\tallow \t br0  \n", JOES_BR0, true, "/etc/p, line 1: allow br0"},
    {"allow br1", JOES_BR0, false, "no line"},
    {"allow br", JOES_BR0, false, "no line"},
    {"allow br00", JOES_BR0, false, "no line"},
    {"allow BR0", JOES_BR0, false, "no line"},
    {"allow all", JOES_BR0, true, "line 1: allow all"},
    {"deny all", JOES_BR0, false, "line 1: deny all"},
    {"allow br0\ndeny br0", JOES_BR0, false, "line 2: deny br0"},
    {"deny br0\nallow br0", JOES_BR0, false, "line 1: deny br0"},
    {"allow all\n\ndeny br0", JOES_BR0, false, "line 3: deny br0"},
    {"allow br0\ndeny all", JOES_BR0, false, "line 2: deny all"},
    {"allow br0\ndeny br1", JOES_BR0, true, "line 1"},
    {"include more", {.uid = ANN, .name = "more", .tag = -1}, true, "/etc/more, line 1: allow"},
    {"include /etc/more\ndeny more", {.uid = ANN, .name = "more", .tag = -1}, false, "line 2"},
    {"allow br0 # and a word", JOES_BR0, true, "line 1: allow br0"},

    /* Whom. */
    {"allow br0 user joe", JOES_BR0, true, "line 1: allow br0 user joe"},
    {"allow br0 user joe", ANNS_BR0, false, "no line"},
    {"allow br0 user ann,joe", JOES_BR0, true, ""},
    {"allow br0 user 1000", JOES_BR0, true, ""},
    {"allow br0 user 100", JOES_BR0, false, ""},
    {"allow br0 user gone", JOES_BR0, false, ""},
    {"allow br0 user gone,joe", JOES_BR0, true, ""},
    {"allow br0 group staff", JOES_BR0, true, ""},
    {"allow br0 group staff", ANNS_BR0, false, ""},
    {"allow br0 group kvm", JOES_BR0, false, ""},
    {"allow br0 group kvm,50", JOES_BR0, true, ""},
    {"allow br0 group gone", JOES_BR0, false, ""},
    {"allow br0 user ann group staff", JOES_BR0, false, ""},
    {"allow br0 user ann\nallow br0 user joe", JOES_BR0, true, "line 2"},
    {"allow all\ndeny all user ann", JOES_BR0, true, ""},
    {"allow all\ndeny all user ann", ANNS_BR0, false, "line 2"},
    {"allow all\ndeny br0 group staff", JOES_BR0, false, "line 2"},
    {"allow all\ndeny br0 group staff", ANNS_BR0, true, "line 1"},

    /* VLANs of a bridge. */
    {"allow br0", JOES_VLAN(100), true, ""},
    {"allow br0 vlan 100,200-299", JOES_VLAN(100), true, ""},
    {"allow br0 vlan 100,200-299", JOES_VLAN(200), true, ""},
    {"allow br0 vlan 100,200-299", JOES_VLAN(299), true, ""},
    {"allow br0 vlan 100,200-299", JOES_VLAN(101), false, "line 1 of /etc/p is about other VLANs"},
    {"allow br0 vlan 100,200-299", JOES_VLAN(199), false, ""},
    {"allow br0 vlan 100,200-299", JOES_VLAN(300), false, ""},
    {"allow br0 vlan 4095,0", JOES_VLAN(4095), true, ""},
    {"allow br0 vlan 4095,0", JOES_VLAN(0), true, ""},
    {"allow br0 vlan 100", JOES_BR0, false, "about some VLANs only; name one of them with --vlan"},
    {"allow br0 vlan 0-4094", JOES_BR0, false, "about some VLANs only"},
    {"allow br0 vlan 100\nallow br0 vlan 101", JOES_VLAN(101), true, "line 2"},
    {"allow br0\ndeny br0 vlan 100", JOES_VLAN(100), false, "line 2"},
    {"allow br0\ndeny br0 vlan 100", JOES_VLAN(101), true, ""},
    {"allow br0\ndeny br0 vlan 100", JOES_BR0, false, "line 2"},

    /* Those of a network. */
    {"allow lan", ON_LAN(100, false), true, ""},
    {"allow lan", ON_LAN(-1, false), true, ""},
    {"allow lan", ON_LAN(100, true), false, "lets the network choose the VLAN"},
    {"allow lan vlan 100", ON_LAN(100, true), true, ""},
    {"allow lan vlan 100", ON_LAN(100, false), true, ""},
    {"allow lan vlan 100", ON_LAN(101, false), false, "about other VLANs"},
    {"allow lan vlan 100", ON_LAN(-1, false), false, "about other VLANs"},
    {"allow lan\nallow lan vlan 7", ON_LAN(7, true), true, "line 2"},

    /* Addresses. */
    {"allow br0 mac 52:54:00:*", JOES_MAC("52:54:00:00:00:01"), true, ""},
    {"allow br0 mac 52:54:0a:*", JOES_MAC("52:54:0A:00:00:01"), true, ""},
    {"allow br0 mac 52:54:00:*", JOES_MAC("52:55:00:00:00:01"), false, "other MAC addresses"},
    {"allow br0 mac 52:54:00:*", JOES_BR0, false, "name yours with --mac"},
    {"allow br0 mac *", JOES_MAC("00:00:00:00:00:01"), true, ""},
    {"allow br0 mac *", JOES_BR0, false, ""},
    {"allow br0 mac 02:*,52:54:00:12:34:56", JOES_MAC("52:54:00:12:34:56"), true, ""},
    {"allow br0 mac 02:*,52:54:00:12:34:56", JOES_MAC("52:54:00:12:34:57"), false, ""},
    {"allow br0\ndeny all mac 52:*", JOES_MAC("52:54:00:12:34:57"), false, "line 2"},
    {"allow br0\ndeny all mac 52:*", JOES_MAC("02:54:00:12:34:57"), true, ""},
    {"allow br0\ndeny all mac 52:*", JOES_BR0, false, "line 2"},

    /* Modes of a macvtap. */
    {"allow lan mode vepa,bridge", MACVTAP(VEPA), true, ""},
    {"allow lan mode vepa,bridge", MACVTAP(PRIVATE), false, "about other modes"},
    {"allow lan mode bridge", MACVTAP(NO_MODE), false, "about macvtaps only"},
    {"allow lan", MACVTAP(PASSTHROUGH), true, ""},
    {"allow lan\ndeny lan mode passthrough", MACVTAP(PASSTHROUGH), false, "line 2"},
    {"allow lan\ndeny lan mode passthrough", MACVTAP(NO_MODE), true, ""},

    /* How many. */
    {"allow br0 max 1", HOLDS(0), true, ""},
    {"allow br0 max 1", HOLDS(1), false, "allows 1 at a time, and there are 1"},
    {"allow br0 max 3", HOLDS(2), true, ""},
    {"allow br0 max 3", HOLDS(3), false, ""},
    {"allow br0 max 0", HOLDS(0), false, ""},
    {"allow all max 1", HOLDS(0), false, "allows 1 at a time, and there are 1"},
    {"allow all max 2", HOLDS(0), true, ""},
    {"allow br0 max 1\nallow br0 user joe max 2", HOLDS(1), true, "line 2"},

    /* All of a line must be so, and one line is enough. */
    {"allow br0 user joe vlan 5 mac 02:* max 9", JOES_VLAN(5), false, "--mac"},
    {"allow br0 user ann\nallow br0 vlan 5\nallow all group staff", JOES_BR0, true, "line 3"},
};

static void lines_decide(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(decisions); i++) {
        struct policy *policy = NULL;
        struct policy_verdict verdict;
        char *error = NULL;
        bool may_ask;

        check_ok(read_text(decisions[i].text, &policy, &error), &error);
        ask(&decisions[i].asked, policy, &verdict, &may_ask);
        if (verdict.allowed != decisions[i].allowed || !strstr(verdict.reason, decisions[i].part) ||
            (verdict.allowed && !may_ask)) {
            print_error("%zu: %s: %s: %s\n", i, decisions[i].text,
                        verdict.allowed ? "allowed" : "denied", verdict.reason);
            fail();
        }
        policy_verdict_clear(&verdict);
        policy_free(policy);
    }
}

/* What is denied whatever else is asked needs no look at what the name stands for. */
static void who_may_not_ask_is_known_at_once(void **state)
{
    static const struct {
        const char *text;
        bool may;
    } cases[] = {
        {"", false},
        {"allow br1", false},
        {"allow br0 user ann", false},
        {"allow br0\ndeny all", false},
        {"allow br0\ndeny br0 user joe", false},
        {"allow br0\ndeny br0 user ann", true},
        {"allow br0\ndeny br0 vlan 5", true},
        {"allow br0 vlan 5 max 0 mac 02:*", true},
    };
    const struct asked asked = JOES_BR0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct policy *policy = NULL;
        struct policy_verdict verdict;
        char *error = NULL;
        bool may_ask;

        check_ok(read_text(cases[i].text, &policy, &error), &error);
        ask(&asked, policy, &verdict, &may_ask);
        assert_int_equal(may_ask, cases[i].may);
        policy_verdict_clear(&verdict);
        policy_free(policy);
    }
}

/* Of a trunk, all VLANs are looked at, the native one too. */
static void trunks_are_looked_at_as_a_whole(void **state)
{
    static const struct {
        const char *text;
        enum ovs_vlan_mode mode;
        int tag;
        size_t n_trunks; /* of 10, 20 */
        bool allowed;
    } cases[] = {
        {"allow lan vlan 10,20", OVS_VLAN_TRUNK, -1, 2, true},
        {"allow lan vlan 10", OVS_VLAN_TRUNK, -1, 2, false},
        {"allow lan vlan 10", OVS_VLAN_TRUNK, -1, 1, true},
        {"allow lan vlan 10,20", OVS_VLAN_NATIVE_UNTAGGED, 5, 2, false},
        {"allow lan vlan 5,10,20", OVS_VLAN_NATIVE_UNTAGGED, 5, 2, true},
        {"allow lan vlan 5", OVS_VLAN_NATIVE_TAGGED, 5, 0, false},
        {"allow lan\ndeny all vlan 20", OVS_VLAN_TRUNK, -1, 2, false},
        {"allow lan\ndeny all vlan 20", OVS_VLAN_TRUNK, -1, 1, true},
        {"allow lan\ndeny all vlan 5", OVS_VLAN_NATIVE_TAGGED, 5, 1, false},
    };
    static uint16_t trunks[] = {10, 20};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct ovs_vlan vlan = {cases[i].mode, cases[i].tag, trunks, cases[i].n_trunks};
        const struct policy_request request = {
            .name = "lan", .uid = JOE, .is_network = true, .vlan = &vlan};
        struct policy *policy = NULL;
        struct policy_verdict verdict;
        char *error = NULL;

        check_ok(read_text(cases[i].text, &policy, &error), &error);
        policy_decide(policy, &request, &verdict);
        if (verdict.allowed != cases[i].allowed) {
            print_error("%zu: %s: %s\n", i, cases[i].text, verdict.reason);
            fail();
        }
        policy_verdict_clear(&verdict);
        policy_free(policy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_understood_refuses_all),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(names_are_judged_by_their_bytes),
        cmocka_unit_test(lines_decide),
        cmocka_unit_test(who_may_not_ask_is_known_at_once),
        cmocka_unit_test(trunks_are_looked_at_as_a_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
