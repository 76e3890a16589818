/* A program that has nothing of vifplug but the installed header and the library: what it gets,
 * what is left of it on the host, and that its process stays its own. */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vifplug.h"

#define N_SIGNALS 64

/* SA_RESTORER, which the C library adds to whatever is set (sigaction(2)). */
#define FLAGS_OF_LIBC 0x04000000

static const char interface_xml[] = "<interface type='bridge'>"
                                    "  <mac address='52:54:00:00:00:01'/>"
                                    "  <source bridge='br0'/>"
                                    "  <vlan><tag id='100'/></vlan>"
                                    "  <target dev='web0'/>"
                                    "  <driver queues='2'/>"
                                    "</interface>";

static const char domain_xml[] =
    "<domain type='kvm'>"
    "  <name>red</name>"
    "  <uuid>4d71989c-e995-5df4-b1d4-c75ae5a74643</uuid>"
    "  <devices>"
    "    <interface type='bridge'>"
    "      <mac address='52:54:00:00:00:02'/>"
    "      <source bridge='br0'/>"
    "      <virtualport type='openvswitch'>"
    "        <parameters interfaceid='1a296409-a29d-5557-aa24-8be16d7f78c5'/>"
    "      </virtualport>"
    "      <target dev='red0'/>"
    "    </interface>"
    "    <interface type='user'/>"
    "    <interface type='ethernet'><target dev='red1'/></interface>"
    "  </devices>"
    "</domain>";

/* Runs a shell command and returns the first line of its output, valid until the next call. */
static const char *output_of(const char *command)
{
    static char line[256];
    FILE *pipe = popen(command, "re"); /* NOLINT(cert-env33-c): a shell is what is wanted */

    assert_non_null(pipe);
    line[0] = '\0';
    if (fgets(line, sizeof line, pipe)) {
        line[strcspn(line, "\n")] = '\0';
    }
    assert_int_equal(pclose(pipe), 0);
    return line;
}

static struct vifplug *open_plain(void)
{
    struct vifplug *plug;

    assert_int_equal(vifplug_open(&plug, NULL), 0);
    return plug;
}

#define check(plug, result)                                                                        \
    do {                                                                                           \
        if (result) {                                                                              \
            fail_msg("%s", vifplug_errmsg(plug));                                                  \
        }                                                                                          \
    } while (0)

static int count(void *data, const struct vifplug_interface *interface)
{
    int *n = data;

    assert_string_equal(interface->state, "plugged");
    assert_int_equal(interface->n_fds, 0);
    (*n)++;
    return 0;
}

static int count_listed(struct vifplug *plug)
{
    int n = 0;

    check(plug, vifplug_list(plug, count, &n));
    return n;
}

/* Nothing of ours is left: no record, no port, no device. */
static void check_empty(struct vifplug *plug)
{
    assert_int_equal(count_listed(plug), 0);
    assert_string_equal(output_of("ovs-vsctl list-ports br0"), "");
    assert_int_equal(if_nametoindex("web0"), 0);
    assert_int_equal(if_nametoindex("red0"), 0);
    assert_int_equal(if_nametoindex("red1"), 0);
}

static int count_fds(void)
{
    return atoi(output_of("ls /proc/$PPID/fd | wc -l")); /* NOLINT(cert-err34-c) */
}

static void test_plug_list_unplug(void **state)
{
    (void)state;
    struct vifplug *plug = open_plain();
    struct vifplug_result *result;

    check(plug, vifplug_plug_xml(plug, interface_xml, NULL, &result));
    assert_int_equal(result->n_interfaces, 1);
    const struct vifplug_interface *web = result->interfaces[0];
    assert_string_equal(web->name, "web0");
    assert_string_equal(web->mac, "52:54:00:00:00:01");
    assert_int_equal(strlen(web->interface_id), 36);
    assert_null(web->domain_name);
    assert_string_equal(web->bridge, "br0");
    assert_int_equal(web->ifindex, if_nametoindex("web0"));
    assert_true(web->ofport > 0);
    assert_false(web->already);
    assert_int_equal(web->n_fds, 2);
    for (size_t i = 0; i < web->n_fds; i++) {
        assert_int_equal(fcntl(web->fds[i], F_GETFD), FD_CLOEXEC);
    }
    assert_string_equal(output_of("ovs-vsctl get Port web0 tag"), "100");
    assert_int_equal(count_listed(plug), 1);

    check(plug, vifplug_unplug(plug, "web0"));
    check(plug, vifplug_unplug(plug, "web0"));
    vifplug_result_free(result);
    check_empty(plug);
    vifplug_close(plug);
}

static void test_domain(void **state)
{
    (void)state;
    struct vifplug *plug = open_plain();
    struct vifplug_result *result;

    check(plug, vifplug_plug_xml(plug, domain_xml, NULL, &result));
    assert_int_equal(result->n_interfaces, 2);
    const struct vifplug_interface *red0 = result->interfaces[0];
    const struct vifplug_interface *red1 = result->interfaces[1];
    assert_string_equal(red0->name, "red0");
    assert_string_equal(red0->interface_id, "1a296409-a29d-5557-aa24-8be16d7f78c5");
    assert_string_equal(red0->domain_name, "red");
    assert_string_equal(red0->domain_uuid, "4d71989c-e995-5df4-b1d4-c75ae5a74643");
    assert_string_equal(red1->name, "red1");
    assert_null(red1->bridge);
    assert_int_equal(red1->ofport, 0);
    assert_int_equal(red1->n_fds, 1);
    assert_int_equal(count_listed(plug), 2);
    check(plug, vifplug_unplug(plug, "red0"));
    check(plug, vifplug_unplug(plug, "red1"));
    vifplug_result_free(result);
    check_empty(plug);
    vifplug_close(plug);
}

static void test_the_same_again(void **state)
{
    (void)state;
    struct vifplug *plug = open_plain();
    struct vifplug *other = open_plain();
    struct vifplug_result *first;
    struct vifplug_result *second;

    check(plug, vifplug_plug_xml(plug, interface_xml, NULL, &first));
    check(other, vifplug_plug_xml(other, interface_xml, NULL, &second));
    assert_true(second->interfaces[0]->already);
    assert_int_equal(second->interfaces[0]->n_fds, 0);
    assert_true(second->interfaces[0]->ofport == first->interfaces[0]->ofport);
    vifplug_result_free(second);
    check(other, vifplug_unplug(other, "web0"));
    vifplug_result_free(first);
    check_empty(plug);
    vifplug_close(other);
    vifplug_close(plug);
}

static void test_keeping_a_descriptor(void **state)
{
    (void)state;
    struct vifplug *plug = open_plain();
    struct vifplug_result *result;

    check(plug, vifplug_plug_xml(plug, interface_xml, NULL, &result));
    int kept = result->interfaces[0]->fds[1];
    int closed = result->interfaces[0]->fds[0];
    result->interfaces[0]->fds[1] = -1;
    vifplug_result_free(result);
    assert_int_equal(fcntl(closed, F_GETFD), -1);
    assert_int_equal(fcntl(kept, F_GETFD), FD_CLOEXEC);
    assert_int_not_equal(if_nametoindex("web0"), 0);
    /* The last descriptor takes the device along. */
    close(kept);
    assert_int_equal(if_nametoindex("web0"), 0);
    check(plug, vifplug_unplug(plug, "web0"));
    check_empty(plug);
    vifplug_close(plug);
}

static void test_persistent(void **state)
{
    (void)state;
    const struct vifplug_plug_options options = {
        .size = sizeof options, .persistent = 1, .user = "nobody"};
    struct vifplug *plug = open_plain();
    struct vifplug_result *result;

    check(plug, vifplug_plug_xml(plug, interface_xml, &options, &result));
    assert_int_equal(result->interfaces[0]->n_fds, 0);
    vifplug_result_free(result);
    vifplug_close(plug);
    output_of("ip -details link show web0 | grep -w 'user nobody'");

    plug = open_plain();
    check(plug, vifplug_unplug(plug, "web0"));
    check_empty(plug);
    vifplug_close(plug);
}

static const char macvtap_xml[] = "<interface type='direct'>"
                                  "  <mac address='52:54:00:00:00:03'/>"
                                  "  <source dev='low0' mode='bridge'/>"
                                  "  <target dev='mac0'/>"
                                  "</interface>";

static void test_macvtap(void **state)
{
    (void)state;
    const struct vifplug_plug_options persistent = {.size = sizeof persistent, .persistent = 1};
    struct vifplug *plug = open_plain();
    struct vifplug_result *result;

    check(plug, vifplug_plug_xml(plug, macvtap_xml, NULL, &result));
    assert_string_equal(result->interfaces[0]->lower, "low0");
    assert_string_equal(result->interfaces[0]->mode, "bridge");
    assert_null(result->interfaces[0]->node);
    assert_null(result->interfaces[0]->bridge);
    assert_int_equal(result->interfaces[0]->n_fds, 1);
    assert_true(result->interfaces[0]->vnet_hdr);
    vifplug_result_free(result);
    check(plug, vifplug_unplug(plug, "mac0"));

    check(plug, vifplug_plug_xml(plug, macvtap_xml, &persistent, &result));
    assert_int_equal(result->interfaces[0]->n_fds, 0);
    assert_int_equal(access(result->interfaces[0]->node, R_OK | W_OK), 0);
    vifplug_result_free(result);
    check(plug, vifplug_unplug(plug, "mac0"));
    check_empty(plug);
    vifplug_close(plug);
}

static void test_network_files(void **state)
{
    (void)state;
    const char *const files[] = {"/run/tmp/blue.xml", NULL};
    const struct vifplug_plug_options options = {.size = sizeof options, .network_files = files};
    struct vifplug *plug = open_plain();
    struct vifplug_result *result;
    FILE *file = fopen(files[0], "we");

    assert_non_null(file);
    fputs("<network><name>blue</name><forward mode='bridge'/><bridge name='br0'/>"
          "<virtualport type='openvswitch'/><vlan><tag id='200'/></vlan></network>",
          file);
    assert_int_equal(fclose(file), 0);
    check(plug, vifplug_plug_xml(plug,
                                 "<interface type='network'><source network='blue'/>"
                                 "<target dev='web0'/></interface>",
                                 &options, &result));
    assert_string_equal(output_of("ovs-vsctl get Port web0 tag"), "200");
    check(plug, vifplug_unplug(plug, "web0"));
    vifplug_result_free(result);
    check_empty(plug);
    vifplug_close(plug);
}

/* Checks that plugging the XML fails with that error and that part of a sentence, and that nothing
 * was left behind. */
static void check_refused(const char *xml, const struct vifplug_plug_options *options, int expected,
                          const char *part)
{
    struct vifplug_result *const untouched = (struct vifplug_result *)(void *)&expected;
    struct vifplug_result *result = untouched;
    struct vifplug *plug = open_plain();

    assert_string_equal(vifplug_errmsg(plug), "");
    assert_int_equal(vifplug_plug_xml(plug, xml, options, &result), expected);
    if (!strstr(vifplug_errmsg(plug), part)) {
        fail_msg("no \"%s\" in: %s", part, vifplug_errmsg(plug));
    }
    assert_ptr_equal(result, untouched);
    check_empty(plug);
    vifplug_close(plug);
}

static void test_refusals(void **state)
{
    (void)state;
    const struct {
        struct vifplug_plug_options known;
        char unknown;
    } newer = {.known = {.size = sizeof newer}, .unknown = 1};
    const struct vifplug_plug_options no_size = {.persistent = 1};
    const struct vifplug_plug_options bad_user = {.size = sizeof bad_user, .user = "nosuchname"};

    check_refused("<interface", NULL, -EINVAL, "XML: line 1");
    check_refused("<network><name>n</name></network>", NULL, -EINVAL, "no interface");
    check_refused("<interface type='user'/>", NULL, -EINVAL, "no interface");
    check_refused("<interface type='bridge'><source bridge='br9'/></interface>", NULL, -ENOENT,
                  "bridges: br0");
    check_refused("<interface type='direct'><source dev='lo'/></interface>", NULL, -EINVAL,
                  "loopback");
    check_refused(interface_xml, &no_size, -EINVAL, "size is not set");
    check_refused(interface_xml, &newer.known, -EINVAL, "does not know");
    check_refused(interface_xml, &bad_user, -EINVAL, "no user \"nosuchname\"");
}

static void test_open_fails(void **state)
{
    (void)state;
    const struct vifplug_options no_size = {.db = "unix:/nowhere"};
    struct vifplug *plug = NULL;

    assert_int_equal(vifplug_open(&plug, &no_size), -EINVAL);
    assert_non_null(strstr(vifplug_errmsg(plug), "size is not set"));
    vifplug_close(plug);
    vifplug_close(NULL);
    vifplug_result_free(NULL);
}

/* An older program, whose options end before members that this library knows. */
static void test_older_options(void **state)
{
    (void)state;
    const struct {
        size_t size;
        const char *db;
        const char *after;
    } older = {.size = 2 * sizeof(size_t), .db = "unix:/nowhere", .after = "not looked at"};
    struct vifplug_result *result;
    struct vifplug *plug;

    assert_int_equal(vifplug_open(&plug, (const struct vifplug_options *)(const void *)&older), 0);
    assert_int_equal(vifplug_plug_xml(plug, interface_xml, NULL, &result), -ENOENT);
    assert_non_null(strstr(vifplug_errmsg(plug), "unix:/nowhere"));
    vifplug_close(plug);
}

static void take_sentence(void *data, const char *sentence)
{
    char *all = data;

    assert_null(strchr(sentence, '\n'));
    strncat(all, sentence, 1000 - strlen(all));
}

static void test_log_and_rundir(void **state)
{
    (void)state;
    char all[1024] = "";
    const struct vifplug_options options = {
        .size = sizeof options,
        .rundir = "/run/elsewhere",
        .caller = "client",
        .log = take_sentence,
        .log_data = all,
    };
    struct vifplug_result *result;
    struct vifplug *plug;

    assert_int_equal(vifplug_open(&plug, &options), 0);
    check(plug, vifplug_plug_xml(plug, interface_xml, NULL, &result));
    assert_non_null(strstr(all, "made tap \"web0\""));
    assert_int_equal(access("/run/elsewhere/ports/web0.json", F_OK), 0);
    output_of("ovsdb-tool show-log /run/openvswitch/conf.db | grep -w client");
    check(plug, vifplug_unplug(plug, "web0"));
    assert_non_null(strstr(all, "removing port \"web0\""));
    vifplug_result_free(result);
    check_empty(plug);
    vifplug_close(plug);
}

static int stop_at_once(void *data, const struct vifplug_interface *interface)
{
    strcpy(data, interface->name);
    return 42;
}

static void test_list_can_be_ended(void **state)
{
    (void)state;
    struct vifplug *plug = open_plain();
    struct vifplug_result *result;
    char name[IFNAMSIZ];

    check(plug, vifplug_plug_xml(plug, domain_xml, NULL, &result));
    assert_int_equal(vifplug_list(plug, stop_at_once, name), 42);
    assert_string_equal(name, "red0");
    check(plug, vifplug_unplug(plug, "red0"));
    check(plug, vifplug_unplug(plug, "red1"));
    vifplug_result_free(result);
    vifplug_close(plug);
}

struct job {
    pthread_t thread;
    char name[IFNAMSIZ];
    bool worked;
};

static void *plug_and_unplug(void *data)
{
    struct job *job = data;
    struct vifplug_result *result;
    struct vifplug *plug;
    char xml[256];

    snprintf(xml, sizeof xml,
             "<interface type='bridge'><source bridge='br0'/><target dev='%s'/></interface>",
             job->name);
    job->worked = vifplug_open(&plug, NULL) == 0;
    for (int i = 0; i < 3 && job->worked; i++) {
        job->worked = vifplug_plug_xml(plug, xml, NULL, &result) == 0 &&
                      vifplug_unplug(plug, job->name) == 0;
        if (job->worked) {
            vifplug_result_free(result);
        } else {
            print_error("%s\n", vifplug_errmsg(plug));
        }
    }
    vifplug_close(plug);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct vifplug *plug = open_plain();
    struct job jobs[3] = {{.name = "thread0"}, {.name = "thread1"}, {.name = "thread2"}};

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&jobs[i].thread, NULL, plug_and_unplug, &jobs[i]), 0);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(jobs[i].thread, NULL), 0);
        assert_true(jobs[i].worked);
    }
    check_empty(plug);
    vifplug_close(plug);
}

struct process {
    struct sigaction actions[N_SIGNALS + 1];
    sigset_t mask;
    mode_t umask;
    char folder[256];
    int n_fds;
};

static void look_at_process(struct process *process)
{
    memset(process, 0, sizeof *process);
    for (int i = 1; i <= N_SIGNALS; i++) {
        sigaction(i, NULL, &process->actions[i]);
    }
    pthread_sigmask(SIG_SETMASK, NULL, &process->mask);
    process->umask = umask(0);
    umask(process->umask);
    assert_non_null(getcwd(process->folder, sizeof process->folder));
    process->n_fds = count_fds();
}

/* As the first test, before anything of the library has run. */
static void test_process_is_its_own(void **state)
{
    struct process before;
    struct process after;

    look_at_process(&before);
    /* libopenvswitch opens what it keeps for the life of the process at its first use. */
    test_plug_list_unplug(state);
    int kept = count_fds() - before.n_fds;
    test_plug_list_unplug(state);
    test_refusals(state);
    look_at_process(&after);
    for (int i = 1; i <= N_SIGNALS; i++) {
        assert_true(after.actions[i].sa_handler == before.actions[i].sa_handler);
        assert_int_equal(after.actions[i].sa_flags & ~FLAGS_OF_LIBC,
                         before.actions[i].sa_flags & ~FLAGS_OF_LIBC);
    }
    assert_memory_equal(&after.mask, &before.mask, sizeof before.mask);
    assert_int_equal(after.umask, before.umask);
    assert_string_equal(after.folder, before.folder);
    assert_int_equal(after.n_fds, before.n_fds + kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process_is_its_own),
        cmocka_unit_test(test_plug_list_unplug),
        cmocka_unit_test(test_domain),
        cmocka_unit_test(test_the_same_again),
        cmocka_unit_test(test_keeping_a_descriptor),
        cmocka_unit_test(test_persistent),
        cmocka_unit_test(test_macvtap),
        cmocka_unit_test(test_network_files),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_open_fails),
        cmocka_unit_test(test_older_options),
        cmocka_unit_test(test_log_and_rundir),
        cmocka_unit_test(test_list_can_be_ended),
        cmocka_unit_test(test_threads),
    };

    assert_string_not_equal(vifplug_version(), "");
    output_of("ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev");
    output_of("ip link add low0 type veth peer name low1");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
