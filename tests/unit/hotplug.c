/* qemu/hotplug.h: what QEMU is told, in what order, and what is made of its answers. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "qemu/card.h"
#include "qemu/hotplug.h"
#include "qemu/qmp.h"
#include "support/qmp.h"
#include "support/vif.h"

#define TIMEOUT 5000

/* A session with a peer that plays these steps after the greeting. */
static struct qmp *open_session(const struct step *steps, size_t n, int timeout_ms, pid_t *pid)
{
    struct step all[32] = {{.says = GREETING}, {"qmp_capabilities", OK, false}};
    struct qmp *qmp;
    char *error = NULL;

    assert_in_range(n, 1, ARRAY_LEN(all) - 2);
    memcpy(&all[2], steps, n * sizeof *steps);
    check_ok(qmp_open(start_peer(all, n + 2, true, pid), timeout_ms, &qmp, &error), &error);
    return qmp;
}

static void close_session(struct qmp *qmp, pid_t pid)
{
    qmp_close(qmp);
    check_peer(pid);
}

static void ids_are_well_formed(void **state)
{
    static const struct {
        const char *name;
        const char *alias;
        const char *id;
    } cases[] = {
        {"web0", NULL, "vif-web0"},         {"web0", "net3", "net3"},
        {"eth0.100", NULL, "vif-eth0.100"}, {"a_b", NULL, "vif-a_5fb"},
        {"a:b@c", NULL, "vif-a_3ab_40c"},   {"\xc3\xa4", NULL, "vif-_c3_a4"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_free char *id = card_id(cases[i].name, cases[i].alias);

        assert_string_equal(id, cases[i].id);
    }
}

#define INTERFACE(body)                                                                            \
    "<interface type='bridge'><source bridge='br0'/>"                                              \
    "<mac address='52:54:00:00:00:01'/><target dev='web0'/>" body "</interface>"

/* A card of that interface. The descriptors are any. */
static struct hotplug_nic make_nic(const struct vif_plan *plan, const int *fds)
{
    return (struct hotplug_nic){
        .name = "web0",
        .id = "vif-web0",
        .port = &plan->ports[0],
        .bus = "rp0",
        .fds = fds,
        .n_fds = plan->ports[0].n_queues,
    };
}

#define REFUSED "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\n"
#define MISSING "{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"not found\"}}\n"

static void several_queues(void **state)
{
    static const int fds[] = {0, 1};
    const struct step steps[] = {
        {"\"getfd\",\"arguments\":{\"fdname\":\"vif-web0-fd0\"}", OK, false},
        {"\"getfd\",\"arguments\":{\"fdname\":\"vif-web0-fd1\"}", OK, false},
        {"\"netdev_add\",\"arguments\":{\"type\":\"tap\",\"id\":\"hostvif-web0\","
         "\"fds\":\"vif-web0-fd0:vif-web0-fd1\"}}",
         OK, false},
        {"\"device_add\",\"arguments\":{\"driver\":\"virtio-net-pci\",\"id\":\"vif-web0\","
         "\"bus\":\"rp0\",\"netdev\":\"hostvif-web0\",\"mac\":\"52:54:00:00:00:01\","
         "\"mq\":true,\"vectors\":6,\"host_mtu\":1400}}",
         OK, false},
        {"\"set_link\",\"arguments\":{\"name\":\"vif-web0\",\"up\":false}}", OK, false},
    };
    struct vif_plan plan = drafted(INTERFACE("<model type='virtio'/>"
                                             "<driver name='qemu' queues='2'/><mtu size='1400'/>"
                                             "<link state='down'/>"));
    struct hotplug_nic nic = make_nic(&plan, fds);
    char *error = NULL;
    pid_t pid;
    struct qmp *qmp = open_session(steps, ARRAY_LEN(steps), TIMEOUT, &pid);

    (void)state;
    check_ok(hotplug_plug(qmp, &nic, 1, TIMEOUT, &error), &error);
    assert_true(nic.there);
    close_session(qmp, pid);
    vif_plan_clear(&plan);
}

/* Each step that is refused takes back the ones before it. */
static void what_is_refused_is_undone(void **state)
{
    static const int fds[] = {0};
    const struct step no_netdev[] = {
        {"getfd", OK, false},
        {"netdev_add", REFUSED, false},
        {"\"closefd\",\"arguments\":{\"fdname\":\"vif-web0-fd0\"}", OK, false},
    };
    const struct step no_device[] = {
        {"getfd", OK, false},
        {"netdev_add", OK, false},
        {"device_add", MISSING, false},
        {"\"netdev_del\",\"arguments\":{\"id\":\"hostvif-web0\"}", OK, false},
        {"\"netdev_del\",\"arguments\":{\"id\":\"hostvif-web0-again\"}", MISSING, false},
    };
    const struct step no_link[] = {
        {"getfd", OK, false},
        {"netdev_add", OK, false},
        {"device_add", OK, false},
        {"set_link", REFUSED, false},
        {"\"device_del\",\"arguments\":{\"id\":\"vif-web0\"}", OK, false},
        {.says = "{\"event\": \"DEVICE_DELETED\", \"data\": {\"path\": "
                 "\"/machine/peripheral/vif-web0/virtio-backend\"}}\n"
                 "{\"event\": \"DEVICE_DELETED\", \"data\": {\"device\": \"vif-web0\"}}\n"},
        {"netdev_del", OK, false},
        {"netdev_del", MISSING, false},
    };
    const struct {
        const struct step *steps;
        size_t n;
        const char *words;
    } cases[] = {
        {no_netdev, ARRAY_LEN(no_netdev), "web0: QEMU refused netdev_add: no"},
        {no_device, ARRAY_LEN(no_device), "web0: QEMU refused device_add: not found"},
        {no_link, ARRAY_LEN(no_link), "web0: QEMU refused set_link: no"},
    };
    struct vif_plan plan = drafted(INTERFACE("<link state='down'/>"));

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct hotplug_nic nic = make_nic(&plan, fds);
        char *error = NULL;
        pid_t pid;
        struct qmp *qmp = open_session(cases[i].steps, cases[i].n, TIMEOUT, &pid);

        check_error(hotplug_plug(qmp, &nic, 1, TIMEOUT, &error), -EIO, &error, cases[i].words);
        assert_false(nic.there);
        close_session(qmp, pid);
    }
    vif_plan_clear(&plan);
}

/* Nobody knows what a QEMU has that does not answer. */
static void one_that_falls_silent(void **state)
{
    static const int fds[] = {0};
    const struct step steps[] = {
        {"getfd", OK, false},
        {"netdev_add", OK, false},
        {"device_add", "", false},
    };
    struct vif_plan plan = drafted(INTERFACE(""));
    struct hotplug_nic nic = make_nic(&plan, fds);
    char *error = NULL;
    pid_t pid;
    struct qmp *qmp = open_session(steps, ARRAY_LEN(steps), 200, &pid);

    (void)state;
    check_error(hotplug_plug(qmp, &nic, 1, TIMEOUT, &error), -ETIMEDOUT, &error,
                "web0: QEMU did not answer within 200 ms");
    assert_true(nic.there);
    close_session(qmp, pid);
    vif_plan_clear(&plan);
}

/* Detaches two cards, a and b, and checks which of them stay. */
static void check_unplug(const struct step *steps, size_t n, int wait_ms, int expected,
                         const char *words, bool a_stays, bool b_stays)
{
    struct hotplug_nic nics[] = {
        {.name = "a", .id = "vif-a", .there = true, .n_fds = 1},
        {.name = "b", .id = "vif-b", .there = true},
    };
    char *error = NULL;
    pid_t pid;
    struct qmp *qmp = open_session(steps, n, TIMEOUT, &pid);
    int result = hotplug_unplug(qmp, nics, 2, wait_ms, &error);

    if (expected) {
        check_error(result, expected, &error, words);
    } else {
        check_ok(result, &error);
    }
    assert_int_equal(nics[0].there, a_stays);
    assert_int_equal(nics[1].there, b_stays);
    close_session(qmp, pid);
}

#define DELETED(id) "{\"event\": \"DEVICE_DELETED\", \"data\": {\"device\": \"" id "\"}}\n"

static void cards_go_in_any_order(void **state)
{
    /* That of b before its command is answered, that of another one's in between. */
    const struct step steps[] = {
        {"\"device_del\",\"arguments\":{\"id\":\"vif-a\"}", OK, false},
        {"\"device_del\",\"arguments\":{\"id\":\"vif-b\"}", DELETED("vif-b") OK, false},
        {.says = DELETED("vif-c") DELETED("vif-b") DELETED("vif-a")},
        {"\"netdev_del\",\"arguments\":{\"id\":\"hostvif-a\"}", OK, false},
        {"netdev_del", MISSING, false},
        {"\"netdev_del\",\"arguments\":{\"id\":\"hostvif-b\"}", OK, false},
        {"netdev_del", MISSING, false},
    };

    (void)state;
    check_unplug(steps, ARRAY_LEN(steps), TIMEOUT, 0, NULL, false, false);
}

/* What is left of an earlier try: a is gone with its netdev, b is only being waited for. */
static void what_was_begun_is_finished(void **state)
{
    const struct step steps[] = {
        {"device_del", MISSING, false},
        {"device_del",
         "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Device vif-b is already in the "
         "process of unplug\"}}\n",
         false},
        {.says = DELETED("vif-b")},
        {"netdev_del", MISSING, false},
        {"netdev_del", MISSING, false},
        {"\"closefd\",\"arguments\":{\"fdname\":\"vif-a-fd0\"}", OK, false},
        {"closefd", REFUSED, false},
        {"netdev_del", OK, false},
        {"netdev_del", MISSING, false},
    };

    (void)state;
    check_unplug(steps, ARRAY_LEN(steps), TIMEOUT, 0, NULL, false, false);
}

/* No event comes: a is gone all the same, and b stays. */
static void events_that_were_missed(void **state)
{
#define HAS_B                                                                                      \
    "{\"return\": [{\"name\": \"type\", \"type\": \"string\"}, "                                   \
    "{\"name\": \"vif-b\", \"type\": \"child<virtio-net-pci>\"}]}\n"
    const struct step steps[] = {
        {"device_del", OK, false},
        {"device_del", OK, false},
        {"\"qom-list\",\"arguments\":{\"path\":\"/machine/peripheral\"}", HAS_B, false},
        {"qom-list", HAS_B, false},
        {"\"netdev_del\",\"arguments\":{\"id\":\"hostvif-a\"}", OK, false},
        {"netdev_del", MISSING, false},
    };

    (void)state;
    check_unplug(steps, ARRAY_LEN(steps), 100, -ETIME,
                 "b: the guest did not let go of it within 0.1 seconds", false, true);
}

static void a_guest_that_refuses(void **state)
{
    const struct step steps[] = {
        {"device_del", OK, false},
        {"device_del", OK, false},
        {.says = DELETED("vif-b") "{\"event\": \"DEVICE_UNPLUG_GUEST_ERROR\", \"data\": "
                                  "{\"device\": \"vif-a\", \"path\": \"x\"}}\n"},
        {"\"netdev_del\",\"arguments\":{\"id\":\"hostvif-b\"}", OK, false},
        {"netdev_del", MISSING, false},
    };

    (void)state;
    check_unplug(steps, ARRAY_LEN(steps), TIMEOUT, -EBUSY, "a: the guest refuses to let go", true,
                 false);
}

static void a_qemu_that_refuses(void **state)
{
    const struct step steps[] = {{"device_del", REFUSED, false}};

    (void)state;
    check_unplug(steps, ARRAY_LEN(steps), TIMEOUT, -EIO, "QEMU refused device_del: no", true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_well_formed),       cmocka_unit_test(several_queues),
        cmocka_unit_test(what_is_refused_is_undone), cmocka_unit_test(one_that_falls_silent),
        cmocka_unit_test(cards_go_in_any_order),     cmocka_unit_test(what_was_begun_is_finished),
        cmocka_unit_test(events_that_were_missed),   cmocka_unit_test(a_guest_that_refuses),
        cmocka_unit_test(a_qemu_that_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
