/* libvirt/adopt.h: every interface of tests/unit/xml is adopted as the goldens in xml/adopted say,
 * means the same to the hook as it did before, and is the very same text when it is released.
 *
 * schema.c and libvirt-agrees show the goldens to libvirt. */
#include "support/test.h"

#include <errno.h>
#include <glob.h>

#include "base/mem.h"
#include "libvirt/adopt.h"
#include "libvirt/adopted.h"
#include "support/describe.h"
#include "support/golden.h"

/* What stands in a domain for libvirt's test driver before and after an interface. */
#define BEFORE                                                                                     \
    "<domain type=\"test\">\n  <name>g</name>\n"                                                   \
    "  <uuid>6b2b2d3a-5f34-4a52-8f46-b3f8a4b6f0c1</uuid>\n"                                        \
    "  <memory unit=\"KiB\">8192</memory>\n  <os>\n    <type>hvm</type>\n  </os>\n  <devices>\n"
#define AFTER "  </devices>\n</domain>\n"

static void parse(const char *text, struct vif_document *document)
{
    char *error = NULL;

    check_ok(vif_document_parse("test.xml", text, strlen(text), document, &error), &error);
}

/* The document adopted or released, as text; caller frees. *n is how many interfaces changed. */
static char *turned(const char *text,
                    int (*turn)(struct vif_document *, const struct adopt_options *,
                                struct adopt_change **, size_t *, char **),
                    size_t *n)
{
    const struct adopt_options all = {0};
    struct adopt_change *changes;
    struct vif_document document;
    char *error = NULL;

    parse(text, &document);
    check_ok(turn(&document, &all, &changes, n, &error), &error);
    adopt_changes_free(changes, *n);

    char *result = vif_document_text(&document);

    vif_document_clear(&document);
    return result;
}

/* A file as a domain in inactive form; NULL for a network. Caller frees. */
static char *domain_of(const char *file)
{
    struct vif_document document;
    auto_free char *text = read_file_(file);
    auto_free char *whole = NULL;
    char *canonical = NULL;

    parse(text, &document);
    if (document.kind == VIF_DOCUMENT_INTERFACE) {
        vif_document_clear(&document);
        whole = str_printf(BEFORE "    %s" AFTER, text);
        parse(whole, &document);
    }
    if (document.kind == VIF_DOCUMENT_DOMAIN) {
        canonical = vif_document_format(&document, VIF_FORM_INACTIVE);
    }
    vif_document_clear(&document);
    return canonical;
}

static char *describe(const struct vif_spec *spec, const char *target)
{
    struct vif_spec copy;
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    vif_spec_copy(&copy, spec);
    str_assign(&copy.target, target);
    describe_spec_(out, &copy);
    vif_spec_clear(&copy);
    fclose(out);
    return text;
}

/* The hook reads of the adopted domain what was in the original. */
static void check_same_wishes(const char *original, const char *text)
{
    struct vif_document before;
    struct vif_document after;
    struct adopted *adopted;
    char *error = NULL;
    size_t n;

    parse(original, &before);
    parse(text, &after);
    check_ok(adopted_read(&after, false, &adopted, &n, &error), &error);
    for (size_t i = 0, a = 0; i < before.n_specs; i++) {
        /* Those that were not adopted are as they were. */
        bool same = after.specs[i].type == before.specs[i].type;
        const struct vif_spec *is = same ? &after.specs[i] : &adopted[a++].spec;
        auto_free char *was = describe(&before.specs[i], is->target);
        auto_free char *now = describe(is, is->target);

        assert_string_equal(now, was);
    }
    adopted_free(adopted, n);
    vif_document_clear(&before);
    vif_document_clear(&after);
}

/* Returns how many interfaces of it were adopted. */
static size_t check_file(const char *file)
{
    auto_free char *original = domain_of(file);
    size_t n_adopted;
    size_t n_released;
    size_t n_again;

    if (!original) {
        return 0;
    }
    auto_free char *adopted = turned(original, adopt_domain, &n_adopted);
    /* Without a UUID there may be nothing to make a name of, and it is random. */
    if (n_adopted && strstr(original, "<uuid>")) {
        auto_free char *golden = str_printf("../xml/adopted%s", strrchr(file, '/'));

        check_golden(golden, adopted);
    }
    check_same_wishes(original, adopted);

    auto_free char *again = turned(adopted, adopt_domain, &n_again);
    assert_string_equal(again, adopted);
    assert_int_equal(n_again, 0);

    auto_free char *released = turned(adopted, release_domain, &n_released);
    if (strcmp(released, original) != 0) {
        print_error("%s: released, it is:\n%s\ninstead of:\n%s\n", file, released, original);
        fail();
    }
    assert_int_equal(n_released, n_adopted);
    return n_adopted;
}

static void every_interface_comes_back_as_it_was(void **state)
{
    auto_free char *pattern = str_printf("%s/tests/unit/xml/*.xml", getenv("VIFPLUG_SOURCE"));
    size_t n_adopted = 0;
    glob_t files;

    (void)state;
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        n_adopted += check_file(files.gl_pathv[i]);
    }
    assert_true(n_adopted >= 40);
    globfree(&files);
}

#define OUTSIDE(target)                                                                            \
    "<interface type='ethernet'><mac address='52:54:00:00:00:01'/>"                                \
    "<target dev='" target "' managed='no'/></interface>"
#define INSIDE(target)                                                                             \
    "<interface type='bridge'><source bridge='br0'/>"                                              \
    "<target dev='" target "' managed='no'/></interface>"
#define METADATA(content)                                                                          \
    "<metadata><vifplug:interfaces xmlns:vifplug='urn:vifplug:1'>" content                         \
    "</vifplug:interfaces></metadata>"
#define DOMAIN(metadata, devices) "<domain>" metadata "<devices>" devices "</devices></domain>"

static const struct {
    const char *text;
    const char *sentence;
} refused[] = {
    {"<interface type='user'/>", "test.xml: no <domain> in it"},
    {DOMAIN(METADATA(INSIDE("a0")), ""),
     "test.xml: interface 1 of the metadata (target \"a0\"): the domain has no <interface "
     "type='ethernet'> with <target dev='a0' managed='no'/>"},
    {DOMAIN(METADATA(INSIDE("a0")), "<interface type='ethernet'><target dev='a0'/></interface>"),
     "the domain has no <interface type='ethernet'> with"},
    {DOMAIN(METADATA(INSIDE("a0") INSIDE("a0")), OUTSIDE("a0")),
     "interface 2 of the metadata (target \"a0\"): interface 1 there has that target already"},
    {DOMAIN(METADATA("<interface type='bridge'><source bridge='br0'/></interface>"), ""),
     "interface 1 of the metadata: it lacks <target dev='' managed='no'/>"},
    {DOMAIN(METADATA("<interface type='bridge'><target dev='a0'/></interface>"), OUTSIDE("a0")),
     "it lacks <target dev='' managed='no'/>"},
    {DOMAIN(METADATA("<interface type='bridge'><target dev='a0' managed='no'/></interface>"),
            OUTSIDE("a0")),
     "(target \"a0\"): <interface type='bridge'> lacks <source bridge=''>"},
    {DOMAIN(METADATA("<interface type='user'><target dev='a0' managed='no'/></interface>"),
            OUTSIDE("a0")),
     "type='user' cannot be adopted; bridge, network and direct can"},
    {DOMAIN(METADATA("<interface type='ethernet'><target dev='a0' managed='no'/></interface>"),
            OUTSIDE("a0")),
     "type='ethernet' cannot be adopted"},
    {DOMAIN(METADATA("<interface type='bridge'><model type='virtio'/></interface>"), ""),
     "interface 1 of the metadata: <model> is unknown to vifplug there; what is the guest's side"},
    {DOMAIN(METADATA("<interface type='bridge'><vifplug:retries/></interface>"), ""),
     "<retries> is unknown to vifplug there"},
    {DOMAIN(METADATA("<network/>"), ""),
     "<network> in the metadata's <vifplug:interfaces> is unknown to vifplug"},
    {DOMAIN("<metadata><v:interface xmlns:v='urn:vifplug:1'/></metadata>", ""),
     "test.xml: <v:interface> in <metadata> is unknown to vifplug"},
    {DOMAIN("<metadata><v:interfaces xmlns:v='urn:vifplug:1'/>"
            "<v:interfaces xmlns:v='urn:vifplug:1'/></metadata>",
            ""),
     "<v:interfaces> in <metadata> is there twice"},
    {DOMAIN(METADATA("<interface type='bridge'><target dev='a/0' managed='no'/></interface>"), ""),
     "interface 1 of the metadata (target \"a/0\"): "},
};

static void metadata_that_is_wrong_is_refused(void **state)
{
    const struct adopt_options all = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct adopt_change *changes;
        struct vif_document document;
        char *error = NULL;
        size_t n;

        parse(refused[i].text, &document);
        check_error(adopt_domain(&document, &all, &changes, &n, &error), -EINVAL, &error,
                    refused[i].sentence);
        check_error(release_domain(&document, &all, &changes, &n, &error), -EINVAL, &error,
                    refused[i].sentence);
        vif_document_clear(&document);
    }
}

static void of_a_running_guest_what_was_unplugged_is_left_out(void **state)
{
    struct vif_document document;
    struct adopted *adopted;
    char *error = NULL;
    size_t n;

    (void)state;
    parse(DOMAIN(METADATA(INSIDE("a0") INSIDE("a1")), OUTSIDE("a1")), &document);
    check_error(adopted_read(&document, false, &adopted, &n, &error), -EINVAL, &error, "\"a0\"");
    check_ok(adopted_read(&document, true, &adopted, &n, &error), &error);
    assert_int_equal(n, 1);
    assert_string_equal(adopted[0].spec.target, "a1");
    adopted_free(adopted, n);
    vif_document_clear(&document);
}

static void metadata_may_be_as_libvirt_sets_it(void **state)
{
    struct vif_document document;
    struct adopted *adopted;
    char *error = NULL;
    size_t n;

    (void)state;
    parse(DOMAIN(METADATA("<vifplug:interface type='bridge'><vifplug:source bridge='br0'/>"
                          "<vifplug:target dev='a0' managed='no'/></vifplug:interface>"),
                 OUTSIDE("a0")),
          &document);
    check_ok(adopted_read(&document, false, &adopted, &n, &error), &error);
    assert_int_equal(n, 1);
    assert_string_equal(adopted[0].spec.source_bridge, "br0");
    adopted_free(adopted, n);
    vif_document_clear(&document);
}

#define BRIDGE(mac, rest)                                                                          \
    "<interface type='bridge'><mac address='" mac "'/><source bridge='br0'/>" rest "</interface>"

/* A name that no device can have is refused while somebody looks, not when the guest starts. */
static void a_name_that_no_device_can_have_is_refused(void **state)
{
    const struct adopt_options all = {0};
    struct adopt_change *changes;
    struct vif_document document;
    char *error = NULL;
    size_t n;

    (void)state;
    parse(DOMAIN("", BRIDGE("52:54:00:00:00:01", "")
                         BRIDGE("52:54:00:00:00:02", "<target dev='much-too-long-a-name'/>")),
          &document);
    check_error(adopt_domain(&document, &all, &changes, &n, &error), -ENAMETOOLONG, &error,
                "test.xml: interface 2: ");
    vif_document_clear(&document);
}

static void a_generated_name_is_nobody_elses(void **state)
{
    const struct adopt_options all = {0};
    struct adopt_change *changes;
    struct vif_document document;
    char *error = NULL;
    size_t n;

    (void)state;
    parse(DOMAIN("",
                 BRIDGE("52:54:00:00:00:01",
                        "<virtualport type='openvswitch'>"
                        "<parameters interfaceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f'/>"
                        "</virtualport>") BRIDGE("52:54:00:00:00:02", "<target dev='vif09b11c53'/>")
                     BRIDGE("52:54:00:00:00:03", "<target dev='vnet7'/>")),
          &document);
    check_ok(adopt_domain(&document, &all, &changes, &n, &error), &error);
    assert_int_equal(n, 3);
    assert_string_equal(changes[0].target, "vif8b5c4eeb");
    assert_string_equal(changes[1].target, "vif09b11c53");
    assert_int_equal(strncmp(changes[2].target, "vif", 3), 0);
    adopt_changes_free(changes, n);
    vif_document_clear(&document);
}

static void note(void *data, const char *sentence)
{
    str_assign(data, sentence);
}

static void only_what_is_meant_is_turned(void **state)
{
    const struct mac meant[] = {{{0x52, 0x54, 0, 0, 0, 2}}, {{0x52, 0x54, 0, 0, 0, 9}}};
    auto_free char *said = NULL;
    struct adopt_options options = {.only = meant, .n_only = 1, .left_alone = note, .data = &said};
    struct adopt_change *changes;
    struct vif_document document;
    char *error = NULL;
    size_t n;

    (void)state;
    parse(DOMAIN("",
                 BRIDGE("52:54:00:00:00:01", "") BRIDGE("52:54:00:00:00:02", "") "<interface "
                                                                                 "type='user'/>"),
          &document);
    check_ok(adopt_domain(&document, &options, &changes, &n, &error), &error);
    assert_int_equal(n, 1);
    assert_int_equal(changes[0].number, 2);
    assert_string_equal(changes[0].type, "bridge");
    assert_true(mac_equal(&changes[0].mac, &meant[0]));
    assert_null(said);
    adopt_changes_free(changes, n);

    auto_free char *text = vif_document_text(&document);
    vif_document_clear(&document);
    parse(text, &document);
    options.n_only = 2;
    check_error(release_domain(&document, &options, &changes, &n, &error), -EINVAL, &error,
                "test.xml: no interface has MAC address 52:54:00:00:00:09");
    options.n_only = 0;
    check_ok(adopt_domain(&document, &options, &changes, &n, &error), &error);
    assert_int_equal(n, 1);
    assert_int_equal(changes[0].number, 1);
    assert_string_equal(said, "test.xml: interface 3: type='user' is left alone");
    adopt_changes_free(changes, n);
    vif_document_clear(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_interface_comes_back_as_it_was),
        cmocka_unit_test(metadata_that_is_wrong_is_refused),
        cmocka_unit_test(of_a_running_guest_what_was_unplugged_is_left_out),
        cmocka_unit_test(metadata_may_be_as_libvirt_sets_it),
        cmocka_unit_test(a_name_that_no_device_can_have_is_refused),
        cmocka_unit_test(a_generated_name_is_nobody_elses),
        cmocka_unit_test(only_what_is_meant_is_turned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
