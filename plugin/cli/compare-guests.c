#include "cli/compare-guests.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "compare/result.h"
#include "netdev/mac.h"
#include "qemu/args.h"
#include "qemu/launch.h"
#include "qemu/vhost.h"
#include "vif/plug.h"

#define PROGRAM "qemu-system-x86_64"

/* A, B, and C on another VLAN. */
#define MOST_GUESTS 3

/* An emulated guest boots in 3 seconds, if it has a CPU to itself. */
#define BOOT_SECONDS   120
#define ANSWER_SECONDS 60

#define IPERF_SECONDS 3

/* How often a signal that is to end the comparison is looked for, in ms. */
#define PATIENCE_MS 100

/* What a guest has said and nobody has read yet, at most. */
#define SPEECH_MAX 65536

struct guest {
    const struct guests_options *options;
    char name;
    char address[sizeof "192.0.2.1"];
    char mac[MAC_TEXT_SIZE];
    int console;    /* -1 */
    pid_t pid;      /* 0 */
    char last[128]; /* of what it has said to others than us, the last line that is not empty */
    char speech[SPEECH_MAX];
    size_t length;
};

static int check_file(const char *option, const char *file, char **errorp)
{
    if (!file) {
        return error_set(errorp, EINVAL,
                         "--guests needs --guest-kernel and --guest-initrd: vmlinuz and compare.gz "
                         "that scripts/guest-image makes");
    }
    return access(file, R_OK) ? error_set(errorp, errno, "--%s %s: %m", option, file) : 0;
}

int guests_check(const struct guests_options *options, char **errorp)
{
    int error = check_file("guest-kernel", options->kernel, errorp);

    if (!error) {
        error = check_file("guest-initrd", options->initrd, errorp);
    }
    if (!error && options->accel && !str_eq(options->accel, "kvm") &&
        !str_eq(options->accel, "tcg")) {
        error = error_set(errorp, EINVAL, "--guest-accel \"%s\": kvm or tcg is wanted",
                          options->accel);
    }
    return error ? error : qemu_find_program(PROGRAM, errorp);
}

static void add_machine(const struct guest *guest, int console, struct qemu_argv *args)
{
    const struct guests_options *options = guest->options;
    const char *const words[] = {PROGRAM,    "-nodefaults",  "-no-user-config",
                                 "-display", "none",         "-no-reboot",
                                 "-cpu",     "max",          "-m",
                                 "192",      "-kernel",      options->kernel,
                                 "-initrd",  options->initrd};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        qemu_argv_add(args, "%s", words[i]);
    }
    qemu_argv_add(args, "-machine");
    qemu_argv_add(args, "q35,accel=%s", options->accel ? options->accel : "kvm:tcg");
    qemu_argv_add(args, "-append");
    /* Without what takes an emulated guest long: see scripts/lib/guest.sh. */
    qemu_argv_add(args,
                  "console=ttyS0 quiet panic=-1 mitigations=off nokaslr cryptomgr.notests "
                  "no_timer_check "
                  "ip4=%s/24",
                  guest->address);
    qemu_argv_add(args, "-chardev");
    qemu_argv_add(args, "socket,id=console,fd=%d", console);
    qemu_argv_add(args, "-serial");
    qemu_argv_add(args, "chardev:console");
}

/* Starts QEMU with the end's queue and, where it has that, vhost-net. */
static int start(struct guest *guest, const struct vif_plugged *end, int console, char **errorp)
{
    int fds[] = {end->fds[0], console, -1};
    struct qemu_nic nic = {.port = &end->record.port, .fds = fds, .n_fds = 1, .vhost_fds = &fds[2]};
    struct qemu_argv args = {0};
    sigset_t mask;
    int error = vhost_open(nic.port, 1, &fds[2], &nic.n_vhost_fds, errorp);

    sigprocmask(SIG_BLOCK, NULL, &mask);
    if (!error) {
        add_machine(guest, console, &args);
        qemu_args_for(&nic, 1, &args);
        error = qemu_start(
            &(struct qemu_start){
                .argv = args.argv,
                .fds = fds,
                .n_fds = 2 + nic.n_vhost_fds,
                .mask = &mask,
                .bound = true,
            },
            &guest->pid, errorp);
    }
    if (nic.n_vhost_fds) {
        close(fds[2]);
    }
    if (error) {
        guest->pid = 0;
    }
    qemu_argv_clear(&args);
    return error;
}

static int begin(struct guest *guest, const struct vif_plugged *end, char **errorp)
{
    int consoles[2];

    mac_format(&end->record.port.mac, guest->mac);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, consoles)) {
        return error_set(errorp, errno, "cannot make a socket pair: %m");
    }
    guest->console = consoles[0];
    int error = start(guest, end, consoles[1], errorp);
    close(consoles[1]);
    return error;
}

static void end(struct guest *guest)
{
    if (guest->pid) {
        kill(guest->pid, SIGKILL);
        waitpid(guest->pid, NULL, 0);
    }
    if (guest->console >= 0) {
        close(guest->console);
    }
}

/* Keeps the line that speech begins with, for a sentence: plain text, and not too long. What
 * follows a panic tells less. */
static void keep_last(struct guest *guest)
{
    size_t n = 0;

    if (strstr(guest->last, "panic")) {
        return;
    }
    for (; n < sizeof guest->last - 1 && guest->speech[n]; n++) {
        const char c = guest->speech[n];

        guest->last[n] = '?';
        if (c >= ' ' && c <= '~') {
            guest->last[n] = c;
        }
    }
    guest->last[n] = '\0';
}

/* Takes the next line that is meant for us, without the word that says so; caller frees. NULL for
 * none. */
static char *take_line(struct guest *guest)
{
    static const char ours[] = "GUEST ";
    char *line = NULL;
    char *end_of_line;

    while (!line && (end_of_line = memchr(guest->speech, '\n', guest->length))) {
        const size_t n = (size_t)(end_of_line - guest->speech) + 1;

        *end_of_line = '\0';
        guest->speech[strcspn(guest->speech, "\r")] = '\0';
        if (strncmp(guest->speech, ours, strlen(ours)) == 0) {
            line = str_dup(guest->speech + strlen(ours));
        } else if (guest->speech[0]) {
            keep_last(guest);
        }
        guest->length -= n;
        memmove(guest->speech, guest->speech + n, guest->length);
    }
    return line;
}

/* Reads what there is, after a short wait for it. */
static int hear(struct guest *guest, char **errorp)
{
    struct pollfd ready = {.fd = guest->console, .events = POLLIN};

    if (poll(&ready, 1, PATIENCE_MS) <= 0) {
        return 0;
    }
    if (guest->length == sizeof guest->speech) {
        guest->length = 0; /* a line of that length is none of ours */
    }
    const ssize_t n = recv(guest->console, guest->speech + guest->length,
                           sizeof guest->speech - guest->length, MSG_DONTWAIT);

    if (n == 0) {
        return error_set(errorp, EPIPE, "QEMU of guest %c ended%s; the guest said last: %s",
                         guest->name,
                         guest->options->accel
                             ? ""
                             : ", where that is KVM's fault, --guest-accel tcg does without it",
                         guest->last[0] ? guest->last : "nothing");
    }
    guest->length += n > 0 ? (size_t)n : 0;
    return 0;
}

/* The rest of the next line that begins with the word; caller frees. */
static int wait_for(struct guest *guest, const char *word, int seconds, char **rest, char **errorp)
{
    const int64_t deadline = clock_ms() + (int64_t)seconds * 1000;
    const size_t n = strlen(word);
    int error = 0;

    while (!error && clock_ms() < deadline && !*guest->options->stop) {
        for (char *line = take_line(guest); line; line = take_line(guest)) {
            if (strncmp(line, word, n) == 0 && line[n] == ' ') {
                *rest = str_dup(line + n + 1);
                free(line);
                return 0;
            }
            free(line);
        }
        error = hear(guest, errorp);
    }
    if (error) {
        return error;
    }
    return *guest->options->stop
               ? -EINTR
               : error_set(errorp, ETIMEDOUT, "guest %c has not said \"%s\" for %d s", guest->name,
                           word, seconds);
}

/* Gives an order. */
static int tell(struct guest *guest, const char *order, char **errorp)
{
    const size_t n = strlen(order);
    const ssize_t sent = send(guest->console, order, n, MSG_NOSIGNAL);

    return sent == (ssize_t)n
               ? 0
               : error_set(errorp, EPIPE, "guest %c cannot be told anything", guest->name);
}

/* Gives an order and stores whether it was carried out. */
static int ask(struct guest *guest, const char *order, bool *done, char **errorp)
{
    auto_free char *line = str_printf("%s\n", order);
    auto_free char *status = NULL;
    int error = tell(guest, line, errorp);

    if (!error) {
        error = wait_for(guest, "done", ANSWER_SECONDS, &status, errorp);
    }
    *done = !error && str_eq(status, "0");
    return error;
}

/* Whether `from` reaches `to` with what goes to all, and with what goes to it alone. The latter
 * needs both to know each other. */
static int ask_reach(struct guest *from, struct guest *to, bool *broadcast, bool *unicast,
                     char **errorp)
{
    auto_free char *to_all = str_printf("broadcast %s", to->address);
    auto_free char *to_one = str_printf("unicast %s %s", to->address, to->mac);
    auto_free char *know = str_printf("know %s %s", from->address, from->mac);
    bool known;
    int error = ask(from, to_all, broadcast, errorp);

    if (!error) {
        error = ask(to, know, &known, errorp);
    }
    return error ? error : ask(from, to_one, unicast, errorp);
}

static enum compare_answer answer(bool yes)
{
    return yes ? COMPARE_YES : COMPARE_NO;
}

static int measure_tcp(struct guest *from, struct guest *to, double *gbits, char **errorp)
{
    auto_free char *order = str_printf("iperf %s %d\n", to->address, IPERF_SECONDS);
    auto_free char *line = NULL;
    bool serves;
    int error = ask(to, "iperf3 -s -D && sleep 1", &serves, errorp);

    if (!error && !serves) {
        error = error_set(errorp, ENOENT, "the guests have no iperf3");
    }
    if (!error) {
        error = tell(from, order, errorp);
    }
    if (!error) {
        error = wait_for(from, "iperf", ANSWER_SECONDS, &line, errorp);
    }
    const char *kbits = error ? NULL : strstr(line, "kbits=");

    *gbits = kbits ? strtod(kbits + strlen("kbits="), NULL) / 1e6 : 0;
    return error;
}

static int ask_all(struct guest *guests, size_t n, struct compare_guests *found, char **errorp)
{
    bool broadcast;
    bool unicast;
    bool leaks[2];
    int error = ask_reach(&guests[0], &guests[1], &broadcast, &unicast, errorp);

    if (error) {
        return error;
    }
    found->reach[REACH_UNICAST] = answer(unicast);
    found->reach[REACH_BROADCAST] = answer(broadcast);
    if (n > 2) {
        error = ask_reach(&guests[0], &guests[2], &leaks[0], &leaks[1], errorp);
    }
    if (!error && n > 2) {
        found->reach[REACH_SAME_VLAN] = answer(broadcast || unicast);
        found->reach[REACH_OTHER_VLAN] = answer(leaks[0] || leaks[1]);
    }
    return error || !unicast ? error : measure_tcp(&guests[0], &guests[1], &found->gbits, errorp);
}

int guests_ask(void *options, const struct vif_plugged *ends, size_t n,
               struct compare_guests *found, char **errorp)
{
    struct guest *guests = mem_zalloc(MOST_GUESTS * sizeof *guests);
    int error = 0;

    n = n < MOST_GUESTS ? n : MOST_GUESTS;
    for (size_t i = 0; i < MOST_GUESTS; i++) {
        guests[i].options = options;
        guests[i].name = (char)('A' + i);
        guests[i].console = -1;
        snprintf(guests[i].address, sizeof guests[i].address, "192.0.2.%zu", i + 1);
    }
    for (size_t i = 0; i < n && !error; i++) {
        error = begin(&guests[i], &ends[i], errorp);
    }
    for (size_t i = 0; i < n && !error; i++) {
        auto_free char *uptime = NULL;

        error = wait_for(&guests[i], "ready", BOOT_SECONDS, &uptime, errorp);
    }
    if (!error) {
        error = ask_all(guests, n, found, errorp);
    }
    for (size_t i = 0; i < MOST_GUESTS; i++) {
        end(&guests[i]);
    }
    free(guests);
    return error;
}

/* What the program writes first when it is asked for its version, into `line`. */
static void ask_version(char *line, size_t size)
{
    char *const argv[] = {(char[]){PROGRAM}, (char[]){"--version"}, NULL};
    posix_spawn_file_actions_t actions;
    ssize_t n = 0;
    pid_t pid;
    int ends[2];

    line[0] = '\0';
    if (pipe2(ends, O_CLOEXEC)) {
        return;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    int failure = posix_spawnp(&pid, PROGRAM, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (!failure) {
        n = read(ends[0], line, size - 1);
        waitpid(pid, NULL, 0);
    }
    close(ends[0]);
    line[n > 0 ? n : 0] = '\0';
}

char *guests_qemu_version(void)
{
    static const char before[] = "version ";
    char line[256];

    ask_version(line, sizeof line);
    const char *text = strstr(line, before);

    if (!text) {
        return NULL;
    }
    char *version = str_dup(text + strlen(before));

    version[strcspn(version, " \n")] = '\0';
    return version;
}
