/* ovs/ovsdb.h over tcp: and ssl:, with host names, several remotes, and wrong keys. */
#include "support/ovs.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "ovs/bridge.h"

#define PKI     "/run/pki"
#define TCP     "16640"
#define SSL     "16641"
#define NOBODYS "16642"

/* A certificate PKI/NAME.pem with its key PKI/NAME.key, signed by PKI/CA.pem. */
static void make_certificate(const char *name, const char *ca)
{
    run("cd " PKI " && openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
        "-keyout %s.key -out %s.csr -subj /CN=%s 2>/dev/null && openssl x509 -req -in %s.csr "
        "-CA %s.pem -CAkey %s.key -CAcreateserial -days 2 -out %s.pem 2>/dev/null",
        name, name, name, name, ca, ca, name);
}

static void make_ca(const char *name)
{
    run("cd " PKI " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
        "-keyout %s.key -out %s.pem -days 2 -subj /CN=%s 2>/dev/null",
        name, name, name);
}

/* A second server, that listens on everything but has no ovs-vswitchd. */
static int make_server(void **state)
{
    (void)state;
    /* A host of two addresses; on the first one nobody listens with TCP. */
    run("{ cat /etc/hosts; echo ::1 two-faced; echo 127.0.0.1 two-faced; } > /run/hosts && "
        "mount --bind /run/hosts /etc/hosts");
    run("mkdir " PKI);
    make_ca("ca");
    make_ca("other-ca");
    make_certificate("server", "ca");
    make_certificate("client", "ca");
    make_certificate("foreigner", "other-ca");
    run("cd /run && ovsdb-tool create tls.db /usr/share/openvswitch/vswitch.ovsschema && "
        "ovsdb-server tls.db --detach --no-chdir -vconsole:off --pidfile=/run/tls.pid "
        "--unixctl=/run/tls.ctl --log-file=/run/tls.log --remote=ptcp:" TCP ":127.0.0.1 "
        "--remote=pssl:" SSL ":[::1] --remote=pssl:" SSL ":127.0.0.1 --private-key=" PKI
        "/server.key --certificate=" PKI "/server.pem --ca-cert=" PKI "/ca.pem 2>/dev/null");
    run("ovs-vsctl --no-wait --db=tcp:127.0.0.1:" TCP " init -- add-br br-tls");
    return 0;
}

static struct ovsdb_options ssl_options(const char *remote, const char *who)
{
    static char key[64];
    static char certificate[64];

    snprintf(key, sizeof key, PKI "/%s.key", who);
    snprintf(certificate, sizeof certificate, PKI "/%s.pem", who);
    return (struct ovsdb_options){.remote = remote,
                                  .timeout_ms = 3000,
                                  .private_key = key,
                                  .certificate = certificate,
                                  .ca_certificate = PKI "/ca.pem"};
}

/* Connects, reads, and writes. */
static void check_works(const struct ovsdb_options *options)
{
    struct ovs_port port = wish("vif0", "br-tls");
    struct ovsdb *db = NULL;
    struct ovs_switch *sw = NULL;
    char *error = NULL;

    check_ok(ovsdb_open(&db, options, &error), &error);
    assert_string_equal(ovsdb_remote(db), options->remote);
    check_ok(ovs_switch_read(db, &sw, &error), &error);
    assert_non_null(ovs_switch_find(sw, "br-tls"));
    ovs_switch_free(sw);
    check_ok(ovs_ports_add(db, &port, 1, plug_id(), true, NULL, &error), &error);
    remove_port(db, "vif0");
    ovs_port_clear(&port);
    ovsdb_close(db);
}

static void check_fails(const struct ovsdb_options *options, int expected, const char *sentence)
{
    struct ovsdb *db = NULL;
    char *error = NULL;

    check_error(ovsdb_open(&db, options, &error), expected, &error, sentence);
    assert_null(db);
}

static void tcp_by_address_and_name(void **state)
{
    struct ovsdb_options options = {.remote = "tcp:127.0.0.1:" TCP, .timeout_ms = 3000};

    (void)state;
    check_works(&options);
    options.remote = "tcp:localhost:" TCP;
    check_works(&options);
    options.remote = "tcp:two-faced:" TCP;
    check_works(&options);
    options.remote = "tcp:two-faced:" NOBODYS;
    check_fails(&options, -ECONNREFUSED,
                "tcp:[::1]:" NOBODYS ": Connection refused; tcp:127.0.0.1:" NOBODYS
                ": Connection refused");
}

static void remotes_are_tried_in_order(void **state)
{
    struct ovsdb_options options = {.remote = "unix:/run/none.sock,tcp:127.0.0.1:" NOBODYS
                                              ",tcp:127.0.0.1:" TCP,
                                    .timeout_ms = 3000};

    (void)state;
    check_works(&options);
    options.remote = "unix:/run/none.sock,tcp:127.0.0.1:" NOBODYS;
    check_fails(&options, -ECONNREFUSED,
                "(unix:/run/none.sock: No such file or directory; tcp:127.0.0.1:" NOBODYS
                ": Connection refused)");
}

static void ssl_by_address_and_name(void **state)
{
    struct ovsdb_options options = ssl_options("ssl:[::1]:" SSL, "client");

    (void)state;
    check_works(&options);
    options.remote = "ssl:localhost:" SSL;
    check_works(&options);
}

static void ssl_needs_its_files(void **state)
{
    struct ovsdb_options options = {.remote = "ssl:[::1]:" SSL, .timeout_ms = 3000};

    (void)state;
    check_fails(&options, -EINVAL, "an \"ssl:\" remote needs a private key");
    options.private_key = PKI "/none.key";
    check_fails(&options, -ENOENT, "cannot read the private key \"/run/pki/none.key\"");
    options.private_key = PKI "/client.key";
    check_fails(&options, -EINVAL, "needs a certificate");
    options.certificate = PKI "/client.pem";
    check_fails(&options, -EINVAL, "needs a CA certificate");
}

/* A server that refuses the handshake closes while we write: that must not raise SIGPIPE. */
static void a_foreign_certificate_is_refused(void **state)
{
    struct ovsdb_options options = ssl_options("ssl:[::1]:" SSL, "foreigner");
    struct ovsdb *db = NULL;
    char *error = NULL;

    (void)state;
    assert_true(ovsdb_open(&db, &options, &error) < 0);
    assert_null(db);
    assert_non_null(strstr(error, "ssl:[::1]:" SSL));
    free(error);
}

static void a_server_of_another_ca_is_refused(void **state)
{
    struct ovsdb_options options = ssl_options("ssl:[::1]:" SSL, "client");

    (void)state;
    run("cp " PKI "/other-ca.pem " PKI "/ca-of-client.pem");
    options.ca_certificate = PKI "/ca-of-client.pem";
    check_fails(&options, -EPROTO, "the TLS handshake failed");
}

static void no_tls_there_is_said(void **state)
{
    struct ovsdb_options options = ssl_options("ssl:127.0.0.1:" TCP, "client");
    struct ovsdb *db = NULL;
    char *error = NULL;

    (void)state;
    options.timeout_ms = 500;
    assert_true(ovsdb_open(&db, &options, &error) < 0);
    assert_non_null(strstr(error, "ssl:127.0.0.1:" TCP));
    free(error);
}

/* getaddrinfo() would ask it for ten seconds. */
static void a_silent_name_server_is_not_waited_for(void **state)
{
    struct ovsdb_options options = {.remote = "tcp:switch.example", .timeout_ms = 400};
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)state;
    assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof address), errno);
    run("echo nameserver 127.0.0.1 > /run/resolv.conf && "
        "mount --bind /run/resolv.conf $(realpath /etc/resolv.conf)");
    long long start = test_now_ms();

    check_fails(&options, -ETIMEDOUT,
                "looking up host \"switch.example\" failed: no name server answered in time");
    assert_in_range(test_now_ms() - start, 400, 2000);
}

static void a_bad_remote_is_refused(void **state)
{
    struct ovsdb_options options = {.remote = "tcp:", .timeout_ms = 100};

    (void)state;
    check_fails(&options, -EINVAL, "malformed OVSDB remote \"tcp:\": no host");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_by_address_and_name),
        cmocka_unit_test(remotes_are_tried_in_order),
        cmocka_unit_test(ssl_needs_its_files),
        cmocka_unit_test(ssl_by_address_and_name),
        cmocka_unit_test(a_foreign_certificate_is_refused),
        cmocka_unit_test(a_server_of_another_ca_is_refused),
        cmocka_unit_test(no_tls_there_is_said),
        cmocka_unit_test(a_silent_name_server_is_not_waited_for),
        cmocka_unit_test(a_bad_remote_is_refused),
    };

    return cmocka_run_group_tests(tests, make_server, NULL);
}
