/* For tests that run beside a real Open vSwitch in tests/support/sandbox --ovs. */
#ifndef TESTS_SUPPORT_OVS_H
#define TESTS_SUPPORT_OVS_H

#include "support/test.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "ovs/ovsdb.h"
#include "ovs/port.h"

#define OVS_SOCKET "/run/openvswitch/db.sock"

static inline long long test_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Runs a shell command, which must succeed. */
static inline void run_(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline void run_(const char *file, int line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    auto_free char *command = str_vprintf(format, args);
    va_end(args);
    if (system(command) != 0) {
        print_error("failed: %s\n", command);
        _fail(file, line);
    }
}
#define run(...) run_(__FILE__, __LINE__, __VA_ARGS__)

/* What a shell command prints, without the newline at its end; caller frees. */
static inline char *output_(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline char *output_(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    size_t size = 0;

    va_start(args, format);
    auto_free char *command = str_vprintf(format, args);
    va_end(args);
    FILE *pipe = popen(command, "r");

    assert_non_null(pipe);
    if (getdelim(&text, &size, '\0', pipe) < 0) {
        free(text);
        text = str_dup("");
    }
    pclose(pipe);
    size_t length = strlen(text);

    if (length && text[length - 1] == '\n') {
        text[length - 1] = '\0';
    }
    return text;
}

/* Checks what a shell command prints. */
#define check_output(expected, ...)                                                                \
    do {                                                                                           \
        char *output_text_ = output_(__VA_ARGS__);                                                 \
        assert_string_equal(output_text_, expected);                                               \
        free(output_text_);                                                                        \
    } while (0)

/* The process of an Open vSwitch daemon, by its pid file. */
static inline pid_t daemon_pid(const char *name)
{
    auto_free char *text = output_("cat /run/openvswitch/%s.pid", name);

    assert_true(atoi(text) > 1);
    return atoi(text);
}

/* Stops a daemon, and waits until it is. */
static inline void stop_daemon(const char *name)
{
    pid_t pid = daemon_pid(name);
    const struct timespec pause = {.tv_nsec = 1000000};

    assert_return_code(kill(pid, SIGSTOP), errno);
    for (long long end = test_now_ms() + 5000; test_now_ms() < end;) {
        auto_free char *state = output_("cut -d' ' -f3 /proc/%d/stat", pid);

        if (str_eq(state, "T")) {
            return;
        }
        nanosleep(&pause, NULL);
    }
    fail_msg("%s does not stop", name);
}

static inline void continue_daemon(const char *name)
{
    assert_return_code(kill(daemon_pid(name), SIGCONT), errno);
}

/* Kills a daemon, and waits until it is gone. */
static inline void kill_daemon(const char *name)
{
    pid_t pid = daemon_pid(name);
    const struct timespec pause = {.tv_nsec = 1000000};

    assert_return_code(kill(pid, SIGKILL), errno);
    for (long long end = test_now_ms() + 5000; test_now_ms() < end;) {
        if (kill(pid, 0)) {
            return;
        }
        nanosleep(&pause, NULL);
    }
    fail_msg("%s does not end", name);
}

static inline struct ovsdb *open_remote(const char *remote, unsigned timeout_ms)
{
    const struct ovsdb_options options = {
        .remote = remote, .timeout_ms = timeout_ms, .caller = "test"};
    struct ovsdb *db = NULL;
    char *error = NULL;

    check_ok(ovsdb_open(&db, &options, &error), &error);
    return db;
}

/* An access port on VLAN 100, or as the test changes it. */
static inline struct ovs_port wish(const char *name, const char *bridge)
{
    struct ovs_port port = {.name = str_dup(name),
                            .bridge = str_dup(bridge),
                            .vlan = {.mode = OVS_VLAN_ACCESS, .tag = 100}};

    ovs_port_add_id(&port, "vm-id", "8f1b1b1e-0000-4000-8000-000000000001");
    return port;
}

/* A new one for each call. */
static inline const char *plug_id(void)
{
    static char id[37];
    static unsigned count;

    snprintf(id, sizeof id, "6f6c0b7e-7d4f-4a3f-9b52-%012x", ++count);
    return id;
}

/* Checks that no row of vifplug's is left in the database. */
#define check_nothing_left()                                                                       \
    do {                                                                                           \
        check_output("", "ovs-vsctl --no-wait --bare --columns=name find Port "                    \
                         "external_ids:owner=vifplug");                                            \
        check_output("", "ovs-vsctl --no-wait --bare --columns=_uuid find QoS "                    \
                         "external_ids:owner=vifplug");                                            \
        check_output("", "ovs-vsctl --no-wait --bare --columns=_uuid find Queue "                  \
                         "external_ids:owner=vifplug");                                            \
    } while (0)

/* Reads the row of one port, which must exist; caller frees with ovs_port_rows_free(row, 1). */
static inline struct ovs_port_row *read_row(struct ovsdb *db, const char *name)
{
    struct ovs_port_row *rows = NULL;
    size_t n = 0;
    char *error = NULL;

    check_ok(ovs_ports_read(db, &name, 1, &rows, &n, &error), &error);
    assert_int_equal(n, 1);
    return rows;
}

/* Removes the port of that name. */
static inline void remove_port(struct ovsdb *db, const char *name)
{
    struct ovs_port_row *row = read_row(db, name);
    char *error = NULL;

    check_ok(ovs_ports_remove(db, row, 1, &error), &error);
    ovs_port_rows_free(row, 1);
}

#endif
