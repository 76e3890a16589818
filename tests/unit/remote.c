/* ovs/remote.h: what is a remote, and which addresses are behind it. */
#include "support/test.h"

#include <errno.h>

#include "base/mem.h"
#include "ovs/remote.h"

/* Checks that `text` is one remote with one stream behind it, of that name. */
static void check_stream(const char *text, const char *expected)
{
    struct remote *remotes = NULL;
    char **names = NULL;
    size_t n_remotes = 0;
    size_t n_names = 0;
    char *error = NULL;

    check_ok(remotes_parse(text, &remotes, &n_remotes, &error), &error);
    assert_int_equal(n_remotes, 1);
    check_ok(remote_resolve(&remotes[0], 1000, &names, &n_names, &error), &error);
    assert_int_equal(n_names, 1);
    assert_string_equal(names[0], expected);
    remote_names_free(names, n_names);
    remotes_free(remotes, n_remotes);
}

static void good_remotes(void **state)
{
    (void)state;
    check_stream("unix:/var/run/db.sock", "unix:/var/run/db.sock");
    check_stream("tcp:192.0.2.1", "tcp:192.0.2.1:6640");
    check_stream("tcp:192.0.2.1:1", "tcp:192.0.2.1:1");
    check_stream("tcp:192.0.2.1:65535", "tcp:192.0.2.1:65535");
    check_stream("ssl:192.0.2.1:6641", "ssl:192.0.2.1:6641");
    check_stream("tcp:[2001:db8::1]", "tcp:[2001:db8::1]:6640");
    check_stream("ssl:[2001:db8::1]:17", "ssl:[2001:db8::1]:17");
}

static void the_default_is_that_of_ovs_vsctl(void **state)
{
    (void)state;
    unsetenv("OVS_RUNDIR");
    auto_free char *plain = remote_default();
    assert_string_equal(plain, "unix:/run/openvswitch/db.sock");

    setenv("OVS_RUNDIR", "/srv/ovs", 1);
    auto_free char *moved = remote_default();
    assert_string_equal(moved, "unix:/srv/ovs/db.sock");
    check_stream("unix:other.sock", "unix:/srv/ovs/other.sock");
    unsetenv("OVS_RUNDIR");
}

static void members_of_a_cluster(void **state)
{
    struct remote *remotes = NULL;
    size_t n = 0;
    char *error = NULL;

    (void)state;
    check_ok(remotes_parse("tcp:a:1,ssl:[::1],unix:/x", &remotes, &n, &error), &error);
    assert_int_equal(n, 3);
    assert_string_equal(remotes[0].host, "a");
    assert_string_equal(remotes[0].port, "1");
    assert_int_equal(remotes[1].kind, REMOTE_SSL);
    assert_string_equal(remotes[1].host, "::1");
    assert_string_equal(remotes[1].port, "6640");
    assert_string_equal(remotes[2].path, "/x");
    remotes_free(remotes, n);
}

static void check_bad(const char *text, const char *why)
{
    struct remote *remotes = NULL;
    size_t n = 0;
    char *error = NULL;

    check_error(remotes_parse(text, &remotes, &n, &error), -EINVAL, &error, why);
}

static void bad_remotes(void **state)
{
    (void)state;
    check_bad("", "no \"unix:\", \"tcp:\" or \"ssl:\" before it");
    check_bad("/run/db.sock", "before it");
    check_bad("punix:/run/db.sock", "before it");
    check_bad("ptcp:6640", "before it");
    check_bad("unix:", "no path");
    check_bad("tcp:", "no host");
    check_bad("tcp::6640", "no host");
    check_bad("tcp:[]:6640", "no host");
    check_bad("tcp:host:", "the port is not a number from 1 to 65535");
    check_bad("tcp:host:0", "the port is not");
    check_bad("tcp:host:65536", "the port is not");
    check_bad("tcp:host:66x", "the port is not");
    check_bad("tcp:host:-1", "the port is not");
    check_bad("tcp:host: 1", "the port is not");
    check_bad("tcp:2001:db8::1", "more than one \":\"");
    check_bad("tcp:[2001:db8::1", "no \"]\"");
    check_bad("tcp:[2001:db8::1]6640", "no \":\" after the \"]\"");
    check_bad("unix:/a,", "before it");
    check_bad("unix:/a,tcp:", "malformed OVSDB remote \"tcp:\"");
}

static void localhost_is_looked_up(void **state)
{
    struct remote *remotes = NULL;
    char **names = NULL;
    size_t n_remotes = 0;
    size_t n_names = 0;
    char *error = NULL;

    (void)state;
    check_ok(remotes_parse("tcp:localhost", &remotes, &n_remotes, &error), &error);
    check_ok(remote_resolve(&remotes[0], 5000, &names, &n_names, &error), &error);
    assert_true(n_names >= 1);
    for (size_t i = 0; i < n_names; i++) {
        assert_true(str_eq(names[i], "tcp:127.0.0.1:6640") || str_eq(names[i], "tcp:[::1]:6640"));
    }
    remote_names_free(names, n_names);
    remotes_free(remotes, n_remotes);
}

static void an_unknown_host_is_named(void **state)
{
    struct remote *remotes = NULL;
    char **names = NULL;
    size_t n_remotes = 0;
    size_t n_names = 0;
    char *error = NULL;

    (void)state;
    /* Longer than a label of a host name may be, so that no name server has to be asked. */
    check_ok(remotes_parse("tcp:"
                           "0123456789012345678901234567890123456789012345678901234567890123456789",
                           &remotes, &n_remotes, &error),
             &error);
    int result = remote_resolve(&remotes[0], 2000, &names, &n_names, &error);

    assert_true(result == -EADDRNOTAVAIL || result == -ETIMEDOUT);
    assert_non_null(strstr(error, "looking up host \"0123456789"));
    free(error);
    remotes_free(remotes, n_remotes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_remotes),
        cmocka_unit_test(the_default_is_that_of_ovs_vsctl),
        cmocka_unit_test(members_of_a_cluster),
        cmocka_unit_test(bad_remotes),
        cmocka_unit_test(localhost_is_looked_up),
        cmocka_unit_test(an_unknown_host_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
