/* vif/document.h: files that are no XML or none of ours, and the sentences for them; domains. */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "support/describe.h"
#include "vif/document.h"

static char folder[] = "/tmp/vifplug-document-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink("test.xml");
    return chdir("/") < 0 ? -1 : rmdir(folder);
}

static void write_file(const char *text, size_t length)
{
    FILE *out = fopen("test.xml", "w");

    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

static void check_load(const char *file, int expected, const char *sentence)
{
    struct vif_document document;
    char *error = NULL;

    check_error(vif_document_load(file, &document, &error), expected, &error, sentence);
}

static const struct {
    const char *text;
    const char *sentence;
} unreadable[] = {
    {"", "test.xml: is empty"},
    {"\n\n", "test.xml: line 3: malformed XML: "},
    {"no XML at all", "test.xml: line 1: malformed XML: Start tag expected"},
    {"<interface type='bridge'>\n<source bridge='br0'/>\n", "test.xml: line 3: malformed XML: "},
    {"<interface>\n\n<mac></interface>", "test.xml: line 3: malformed XML: Opening and ending tag"},
    {"<interface type='user'/><interface/>", "line 1: malformed XML: Extra content"},
    {"<interface type='user' type='bridge'/>", "Attribute type redefined"},
    {"<interface type=user/>", "malformed XML: AttValue"},
    {"<interface>\xff\xfe</interface>", "malformed XML: Input is not proper UTF-8"},
    {"<?xml version='1.0' encoding='KLINGON'?><interface/>", "malformed XML: "},
    {"<x:interface/>", "the root element is <x:interface>"},
    {"<interface>&nbsp;</interface>", "malformed XML: Entity 'nbsp' not defined"},
    {"\n<vm/>",
     "test.xml: line 2: the root element is <vm>, but <interface>, <network> or <domain>"},
    {"<domain xmlns='urn:example:mine'/>", "<domain> of some XML namespace"},
    {"<Interface type='user'/>", "the root element is <Interface>"},
    {"<!DOCTYPE interface><interface type='user'/>", "line 1: a <!DOCTYPE> is not accepted"},
    {"<!DOCTYPE i [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>\n<interface>&x;</interface>",
     "line 1: a <!DOCTYPE> is not accepted"},
    {"<!DOCTYPE i SYSTEM 'http://127.0.0.1:9/x.dtd'>\n<interface type='user'/>",
     "a <!DOCTYPE> is not accepted"},
    {"\n<!DOCTYPE i [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]>\n<interface type='user'/>",
     "line 2: a <!DOCTYPE> is not accepted"},
    {"<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
     "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
     "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'><!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'>"
     "<!ENTITY g '&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;'><!ENTITY h '&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;'>]>"
     "<interface type='&h;'/>",
     "a <!DOCTYPE> is not accepted"},
};

static void what_is_not_ours_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unreadable); i++) {
        write_file(unreadable[i].text, strlen(unreadable[i].text));
        check_load("test.xml", -EINVAL, unreadable[i].sentence);
    }
}

static void a_nul_byte_is_refused(void **state)
{
    static const char text[] = "<interface type='user'/>\0<!-- ? -->";

    (void)state;
    write_file(text, sizeof text - 1);
    check_load("test.xml", -EINVAL, "test.xml: holds a NUL byte");
}

static void depth_is_limited(void **state)
{
    char text[sizeof "<a>" * 300] = "";

    (void)state;
    for (size_t i = 0; i < 300; i++) {
        strcat(text, "<a>");
    }
    write_file(text, strlen(text));
    check_load("test.xml", -EINVAL, "Excessive depth");
}

static void size_is_limited(void **state)
{
    (void)state;
    write_file("<", 1);
    assert_int_equal(truncate("test.xml", 50L * 1024 * 1024), 0);
    check_load("test.xml", -EFBIG, "test.xml: is larger than 10 MiB");
    /* Of these the size is not known before. */
    check_load("/dev/zero", -EFBIG, "/dev/zero: is larger than 10 MiB");

    struct vif_document document;
    char *error = NULL;
    auto_free char *text = mem_zalloc(VIF_DOCUMENT_MAX + 1);

    check_error(vif_document_parse("memory", text, VIF_DOCUMENT_MAX + 1, &document, &error), -EFBIG,
                &error, "memory: is larger than 10 MiB");
}

static void files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    check_load("/nonexistent.xml", -ENOENT,
               "/nonexistent.xml: cannot be opened: No such file or directory");
    check_load("/", -EISDIR, "/: is a directory");
    check_load("", -ENOENT, "cannot be opened");
    check_load("/proc/self/mem", -EIO, "/proc/self/mem: cannot be read: Input/output error");
}

static void a_dash_is_standard_input(void **state)
{
    int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    int ends[2];
    struct vif_document document;
    char *error = NULL;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "<interface/>", 12), 12);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    check_ok(vif_document_load("-", &document, &error), &error);
    assert_string_equal(document.file, "standard input");
    assert_int_equal(document.n_specs, 1);
    vif_document_clear(&document);
    check_load("-", -EINVAL, "standard input: is empty");
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(ends[0]);
}

/* `n` times `part` between `begin` and `end`; caller frees. */
static char *repeat(const char *begin, const char *part, size_t n, const char *end)
{
    char *text = mem_zalloc(strlen(begin) + n * strlen(part) + strlen(end) + 1);
    char *at = stpcpy(text, begin);

    for (size_t i = 0; i < n; i++) {
        at = stpcpy(at, part);
    }
    stpcpy(at, end);
    return text;
}

static void parts_are_counted(void **state)
{
    static const struct {
        const char *begin;
        const char *part;
        const char *end;
        const char *sentence;
    } cases[] = {
        {"<domain><devices>", "<interface/>", "</devices></domain>",
         "x: the domain has more than 4096 interfaces"},
        {"<network><name>n</name><forward mode='vepa'>", "<interface dev='e%04zu'/>",
         "</forward></network>", "<forward> lists more than 4096 devices"},
        {"<network><name>n</name>", "<portgroup name='p%04zu'/>", "</network>",
         "there are more than 4096 portgroups"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t n = 4096; n <= 4097; n++) {
            struct vif_document document;
            char *error = NULL;
            auto_free char *text = repeat(cases[i].begin, cases[i].part, n, cases[i].end);

            /* Each with a number of its own. */
            char *at = text;
            for (size_t number = 0; (at = strstr(at, "%04zu")); number++) {
                char digits[sizeof "%04zu"];

                snprintf(digits, sizeof digits, "%05zu", number);
                memcpy(at, digits, strlen("%04zu"));
            }

            int result = vif_document_parse("x", text, strlen(text), &document, &error);

            if (n == 4096) {
                check_ok(result, &error);
                vif_document_clear(&document);
            } else {
                check_error(result, -EINVAL, &error, cases[i].sentence);
            }
        }
    }
}

static void sentences_are_one_line_and_not_endless(void **state)
{
    struct vif_document document;
    char *error = NULL;
    auto_free char *text = str_printf("<interface type='\n\302\237%0*d'/>", 9 * 1024 * 1024, 0);

    (void)state;
    assert_int_equal(vif_document_parse("x", text, strlen(text), &document, &error), -EINVAL);
    assert_int_equal(strncmp(error, "x: unknown <interface type=' ??000", 33), 0);
    assert_true(strlen(error) < 1100);
    assert_string_equal(error + strlen(error) - 4, "0...");
    free(error);
    assert_int_equal(vif_document_parse("x", text, strlen(text), &document, NULL), -EINVAL);
}

static int parse(const char *text, struct vif_document *document, char **errorp)
{
    return vif_document_parse("d.xml", text, strlen(text), document, errorp);
}

static void a_domain_has_all_its_interfaces(void **state)
{
    struct vif_document document;
    char *error = NULL;

    (void)state;
    check_ok(parse("<domain><name> web </name><uuid>\n6B2B2D3A5F344A528F46B3F8A4B6F0C1 </uuid>"
                   "<interface type='of another parent'/>"
                   "<devices><interface type='ethernet'/><disk/><interface type='user'/></devices>"
                   "<devices/><devices><interface type='bridge'><source bridge='b'/></interface>"
                   "</devices></domain>",
                   &document, &error),
             &error);
    assert_int_equal(document.kind, VIF_DOCUMENT_DOMAIN);
    assert_string_equal(document.domain_name, "web");
    assert_string_equal(document.domain_uuid, "6b2b2d3a-5f34-4a52-8f46-b3f8a4b6f0c1");
    assert_int_equal(document.n_specs, 3);
    assert_int_equal(document.specs[0].type, VIF_TYPE_ETHERNET);
    assert_int_equal(document.specs[1].type, VIF_TYPE_OTHER);
    assert_int_equal(document.specs[2].type, VIF_TYPE_BRIDGE);
    vif_document_clear(&document);

    check_ok(parse("<domain/>", &document, &error), &error);
    assert_null(document.domain_name);
    assert_null(document.domain_uuid);
    assert_int_equal(document.n_specs, 0);
    vif_document_clear(&document);
}

static const struct {
    const char *text;
    const char *sentence;
} bad_domains[] = {
    {"<domain><uuid>7</uuid></domain>", "d.xml: <uuid>7</uuid> of the domain is not a UUID"},
    {"<domain><uuid/></domain>", "is not a UUID"},
    {"<domain><devices><interface/><interface type='x'><target dev='web0'/></interface></devices>"
     "</domain>",
     "d.xml: interface 2 (target \"web0\"): unknown <interface type='x'>"},
    {"<domain><devices><interface type='bridge'/></devices></domain>",
     "d.xml: interface 1: <interface type='bridge'> lacks"},
    {"<domain><devices><interface type='ethernet'><target dev='web0'/></interface><interface/>"
     "<interface type='user'><target dev='web0'/></interface></devices></domain>",
     "d.xml: interface 3 (target \"web0\"): interface 1 has that target already"},
};

static void sentences_name_the_interface(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_domains); i++) {
        struct vif_document document;
        char *error = NULL;

        check_error(parse(bad_domains[i].text, &document, &error), -EINVAL, &error,
                    bad_domains[i].sentence);
    }
}

/* What a caller changed is what is written, each in its own place. */
static void changed_interfaces_are_written_into_the_domain(void **state)
{
    struct vif_document document;
    char *error = NULL;

    (void)state;
    check_ok(parse("<domain>\n <devices>\n  <interface type='ethernet'/>\n  <disk a='1'  b='2'/>\n"
                   "  <interface type='ethernet'/>\n </devices>\n</domain>",
                   &document, &error),
             &error);
    str_assign(&document.specs[1].target, "web1");

    auto_free char *text = vif_document_format(&document, VIF_FORM_ACTIVE);

    assert_string_equal(text, "<domain>\n <devices>\n  <interface type=\"ethernet\"/>\n"
                              "  <disk a=\"1\" b=\"2\"/>\n  <interface type=\"ethernet\">\n"
                              "    <target dev=\"web1\"/>\n  </interface>\n </devices>\n"
                              "</domain>\n");
    vif_document_clear(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_ours_is_refused),
        cmocka_unit_test(a_nul_byte_is_refused),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(size_is_limited),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
        cmocka_unit_test(a_dash_is_standard_input),
        cmocka_unit_test(parts_are_counted),
        cmocka_unit_test(sentences_are_one_line_and_not_endless),
        cmocka_unit_test(a_domain_has_all_its_interfaces),
        cmocka_unit_test(sentences_name_the_interface),
        cmocka_unit_test(changed_interfaces_are_written_into_the_domain),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
