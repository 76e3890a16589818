/* qemu/args.h: QEMU's command line, and other programs' with places in it. */
#include <errno.h>

#include "base/mem.h"
#include "qemu/args.h"
#include "support/test.h"

static char virtio[] = "virtio";

static struct vif_port make_port(void)
{
    return (struct vif_port){
        .name = "web0",
        .mac = {{0x52, 0x54, 0, 0, 0, 1}},
        .n_queues = 1,
        .model = virtio,
    };
}

/* The arguments for one nic with a blank between them; caller frees. */
static char *args_for(const struct qemu_nic *nics, size_t n)
{
    struct qemu_argv args = {0};
    char *text = str_dup("");

    qemu_args_for(nics, n, &args);
    for (size_t i = 0; i < args.argc; i++) {
        char *longer = str_printf("%s%s%s", text, i ? " " : "", args.argv[i]);

        free(text);
        text = longer;
    }
    assert_null(args.argv[args.argc]);
    qemu_argv_clear(&args);
    return text;
}

#define check_args(nic, expected)                                                                  \
    do {                                                                                           \
        auto_free char *text_ = args_for(nic, 1);                                                  \
        assert_string_equal(text_, expected);                                                      \
    } while (0)

static void a_tap_is_handed_over_by_descriptor(void **state)
{
    struct vif_port port = make_port();
    const int fds[] = {7};
    struct qemu_nic nic = {.port = &port, .fds = fds, .n_fds = 1};

    (void)state;
    check_args(&nic, "-netdev tap,id=hostnet0,fd=7 "
                     "-device virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01");
}

static void several_queues(void **state)
{
    struct vif_port port = make_port();
    const int fds[] = {7, 8, 9};
    const int vhost[] = {10, 11, 12};
    struct qemu_nic nic = {.port = &port, .fds = fds, .n_fds = 3};

    (void)state;
    port.n_queues = 3;
    check_args(&nic, "-netdev tap,id=hostnet0,fds=7:8:9 "
                     "-device virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01,"
                     "mq=on,vectors=8");
    nic.vhost_fds = vhost;
    nic.n_vhost_fds = 3;
    check_args(&nic, "-netdev tap,id=hostnet0,fds=7:8:9,vhost=on,vhostfds=10:11:12 "
                     "-device virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01,"
                     "mq=on,vectors=8");
    port.n_queues = 1;
    nic.n_fds = 1;
    nic.n_vhost_fds = 1;
    check_args(&nic, "-netdev tap,id=hostnet0,fd=7,vhost=on,vhostfd=10 "
                     "-device virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01");
}

static void models_are_named_as_qemu_does(void **state)
{
    static const struct {
        const char *model;
        const char *device;
    } cases[] = {
        {"virtio", "virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01,host_mtu=9000"},
        {"virtio-transitional",
         "virtio-net-pci-transitional,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01,host_mtu=9000"},
        {"virtio-non-transitional", "virtio-net-pci-non-transitional,netdev=hostnet0,id=net0,"
                                    "mac=52:54:00:00:00:01,host_mtu=9000"},
        {"virtio-net-device",
         "virtio-net-device,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01,host_mtu=9000"},
        /* Only virtio can be told of an MTU. */
        {"e1000e", "e1000e,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01"},
        {"rtl8139", "rtl8139,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01"},
    };
    const int fds[] = {7};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vif_port port = make_port();
        struct qemu_nic nic = {.port = &port, .fds = fds, .n_fds = 1};
        auto_free char *model = str_dup(cases[i].model);
        auto_free char *expected = str_printf("-netdev tap,id=hostnet0,fd=7 -device %s",
                                              cases[i].device);

        port.model = model;
        port.mtu = 9000;
        check_args(&nic, expected);
    }
}

static void qemu_opens_what_is_left_to_it(void **state)
{
    struct vif_port port = make_port();
    struct qemu_nic nic = {.port = &port};
    char script[] = "/etc/up,fast";
    char downscript[] = "/etc/down";

    (void)state;
    port.device = VIF_DEVICE_BY_QEMU;
    check_args(&nic, "-netdev tap,id=hostnet0,ifname=web0,script=no,downscript=no "
                     "-device virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01");
    strcpy(port.name, "a,b");
    port.script = script;
    port.downscript = downscript;
    port.n_queues = 2;
    check_args(&nic, "-netdev tap,id=hostnet0,ifname=a,,b,script=/etc/up,,fast,"
                     "downscript=/etc/down,queues=2 "
                     "-device virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01,mq=on,"
                     "vectors=6");
}

static void several_interfaces_have_ids_of_their_own(void **state)
{
    struct vif_port ports[] = {make_port(), make_port()};
    const int fds[] = {7, 8};
    const struct qemu_nic nics[] = {{.port = &ports[0], .fds = &fds[0], .n_fds = 1},
                                    {.port = &ports[1], .fds = &fds[1], .n_fds = 1}};
    char alias[] = "ua-x";

    (void)state;
    ports[1].alias = alias;
    auto_free char *text = args_for(nics, 2);
    assert_string_equal(text,
                        "-netdev tap,id=hostnet0,fd=7 "
                        "-device virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01 "
                        "-netdev tap,id=hostua-x,fd=8 "
                        "-device virtio-net-pci,netdev=hostua-x,id=ua-x,mac=52:54:00:00:00:01");
    auto_free char *id = qemu_device_id(&ports[1], 1);
    assert_string_equal(id, "ua-x");
}

static void a_card_is_put_on_a_bus(void **state)
{
    struct vif_port port = make_port();
    const int fds[] = {7};
    struct qemu_nic nic = {.port = &port, .fds = fds, .n_fds = 1, .bus = "rp,0"};

    (void)state;
    check_args(&nic, "-netdev tap,id=hostnet0,fd=7 -device virtio-net-pci,netdev=hostnet0,id=net0,"
                     "bus=rp,,0,mac=52:54:00:00:00:01");
}

static void a_hub_is_between_card_and_tap(void **state)
{
    struct vif_port port = make_port();
    const int fds[] = {7};
    struct qemu_nic nic = {.port = &port, .fds = fds, .n_fds = 1};

    (void)state;
    port.strategy = VIF_STRATEGY_HUB;
    /* A tap has no need of one, whatever is said of it. */
    check_args(&nic, "-netdev tap,id=hostnet0,fd=7 "
                     "-device virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01");
    port.device = VIF_DEVICE_MACVTAP;
    check_args(&nic, "-netdev tap,id=hostnet0-tap0,fd=7 "
                     "-netdev hubport,id=hostnet0-port0,hubid=1000,netdev=hostnet0-tap0 "
                     "-netdev hubport,id=hostnet0,hubid=1000 "
                     "-device virtio-net-pci,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01");
}

static void a_model_is_a_plain_word(void **state)
{
    static const char *const bad[] = {"", "virtio,id=x", "a b", "\"", "../x"};
    struct vif_port port = make_port();
    char *error = NULL;

    (void)state;
    check_ok(qemu_check_port(&port, &error), &error);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        auto_free char *model = str_dup(bad[i]);

        port.model = model;
        check_error(qemu_check_port(&port, &error), -EINVAL, &error, "is no name of a device");
    }
}

/* Two interfaces: one with two queues, and one that the program opens itself. */
static void fill(const char *arg, const char *expected, const char *sentence)
{
    struct vif_port ports[] = {make_port(), make_port(), make_port()};
    const int fds[] = {7, 8, 9};
    const struct qemu_nic nics[] = {{.port = &ports[0], .fds = &fds[0], .n_fds = 1},
                                    {.port = &ports[1], .fds = &fds[1], .n_fds = 2},
                                    {.port = &ports[2]}};
    auto_free char *copy = str_dup(arg);
    char *argv[] = {virtio, copy, NULL};
    struct qemu_argv args;
    char *error = NULL;

    strcpy(ports[1].name, "db0");
    ports[1].mac.octet[5] = 2;
    if (sentence) {
        check_error(qemu_args_fill(argv, nics, ARRAY_LEN(nics), &args, &error), -EINVAL, &error,
                    sentence);
        assert_null(args.argv);
        return;
    }
    check_ok(qemu_args_fill(argv, nics, ARRAY_LEN(nics), &args, &error), &error);
    assert_int_equal(args.argc, 2);
    assert_string_equal(args.argv[0], "virtio");
    assert_string_equal(args.argv[1], expected);
    assert_null(args.argv[2]);
    qemu_argv_clear(&args);
}

static void places_are_filled(void **state)
{
    (void)state;
    fill("", "", NULL);
    fill("--net=fd={fd:0},mac={mac:0}", "--net=fd=7,mac=52:54:00:00:00:01", NULL);
    fill("fds=[{fds:1}]", "fds=[8:9]", NULL);
    fill("{fds:0}{ifname:1}{mac:1}", "7db052:54:00:00:00:02", NULL);
    fill("{ifname:2}", "web0", NULL);
    fill("{\"fd\":{fd:0}}", "{\"fd\":7}", NULL);
    fill("{{{fd:00}", "{{7", NULL);
}

static void what_only_looks_like_a_place_is_kept(void **state)
{
    static const char *const texts[] = {"{",       "{}",      "{fd}",    "{fd:}",    "{fd:x}",
                                        "{fd:0",   "{fd:-1}", "{fd: 0}", "{mac:0 }", "{FD:0}",
                                        "{tap:0}", "a{b}c",   "{fdx:0}", "{ifname}", "}{"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        auto_free char *copy = str_dup(texts[i]);
        char *argv[] = {copy, NULL};

        fill(texts[i], texts[i], NULL);
        assert_false(qemu_args_have_places(argv));
    }
}

static void places_that_cannot_be_filled_are_named(void **state)
{
    (void)state;
    fill("x={fd:3}", NULL, "\"{fd:3}\": there are 3 interfaces, counted from 0");
    fill("{mac:99999999999999999999}", NULL, "there are 3 interfaces");
    fill("x={fd:1}", NULL, "\"x={fd:1}\": \"db0\" has 2 queues; use {fds:}");
    fill("{fd:2}", NULL, "\"web0\" is opened by the guest's own program; use {ifname:}");
    fill("{fds:2}", NULL, "use {ifname:}");
}

static void places_are_found_in_any_argument(void **state)
{
    char first[] = "vmm";
    char second[] = "--opt={{a}{mac:0}";
    char *with[] = {first, second, NULL};
    char *without[] = {first, NULL};

    (void)state;
    assert_true(qemu_args_have_places(with));
    assert_false(qemu_args_have_places(without));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tap_is_handed_over_by_descriptor),
        cmocka_unit_test(several_queues),
        cmocka_unit_test(models_are_named_as_qemu_does),
        cmocka_unit_test(qemu_opens_what_is_left_to_it),
        cmocka_unit_test(several_interfaces_have_ids_of_their_own),
        cmocka_unit_test(a_card_is_put_on_a_bus),
        cmocka_unit_test(a_hub_is_between_card_and_tap),
        cmocka_unit_test(a_model_is_a_plain_word),
        cmocka_unit_test(places_are_filled),
        cmocka_unit_test(what_only_looks_like_a_place_is_kept),
        cmocka_unit_test(places_that_cannot_be_filled_are_named),
        cmocka_unit_test(places_are_found_in_any_argument),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
