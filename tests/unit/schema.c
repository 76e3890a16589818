/* What vifplug writes (the goldens of roundtrip.c and adopt.c) is valid by libvirt's own schemas.
 * Files whose name begins with "own-" hold what libvirt's grammar lacks, and are left out; adopted
 * most of them are fine, since libvirt's grammar is not for what is in metadata. */
#include "support/test.h"

#include <glob.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"

#define SCHEMAS "/usr/share/libvirt/schemas/"

struct schemas {
    xmlRelaxNG *domain;
    xmlRelaxNG *network;
};

static xmlRelaxNG *load_schema(const char *path)
{
    xmlRelaxNGParserCtxt *context = xmlRelaxNGNewParserCtxt(path);
    xmlRelaxNG *schema = xmlRelaxNGParse(context);

    assert_non_null(schema);
    xmlRelaxNGFreeParserCtxt(context);
    return schema;
}

static int load_schemas(void **state)
{
    struct schemas *schemas = mem_zalloc(sizeof *schemas);

    schemas->domain = load_schema(SCHEMAS "domain.rng");
    schemas->network = load_schema(SCHEMAS "network.rng");
    *state = schemas;
    return 0;
}

static int free_schemas(void **state)
{
    struct schemas *schemas = *state;

    xmlRelaxNGFree(schemas->domain);
    xmlRelaxNGFree(schemas->network);
    free(schemas);
    xmlCleanupParser();
    return 0;
}

/* The schema knows an interface only as part of a domain. */
static xmlDoc *wrap_interface(xmlDoc *interface)
{
    static const char text[] =
        "<domain type='kvm'><name>d</name><memory>65536</memory><os><type>hvm</type></os>"
        "<devices/></domain>";
    xmlDoc *domain = xmlReadMemory(text, sizeof text - 1, NULL, NULL, 0);
    xmlNode *devices = xmlGetLastChild(xmlDocGetRootElement(domain));

    xmlAddChild(devices, xmlDocCopyNode(xmlDocGetRootElement(interface), domain, 1));
    xmlFreeDoc(interface);
    return domain;
}

static void check_valid(const struct schemas *schemas, const char *file)
{
    xmlDoc *doc = xmlReadFile(file, NULL, 0);
    const char *root = (const char *)xmlDocGetRootElement(doc)->name;
    bool is_network = strcmp(root, "network") == 0;

    if (strcmp(root, "interface") == 0) {
        doc = wrap_interface(doc);
    }

    xmlRelaxNGValidCtxt *context = xmlRelaxNGNewValidCtxt(is_network ? schemas->network
                                                                     : schemas->domain);
    int result = xmlRelaxNGValidateDoc(context, doc);

    if (result) {
        print_error("%s is not valid by libvirt's schema\n", file);
        fail();
    }
    xmlRelaxNGFreeValidCtxt(context);
    xmlFreeDoc(doc);
}

/* Returns how many files were checked. */
static size_t check_all(const struct schemas *schemas, const char *folder, const char *but)
{
    auto_free char *pattern = str_printf("%s/tests/unit/xml/%s/*.xml", getenv("VIFPLUG_SOURCE"),
                                         folder);
    size_t n_checked = 0;
    glob_t files;

    assert_int_equal(glob(pattern, GLOB_BRACE, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        if (!strstr(files.gl_pathv[i], but)) {
            check_valid(schemas, files.gl_pathv[i]);
            n_checked++;
        }
    }
    globfree(&files);
    return n_checked;
}

static void what_is_written_is_valid(void **state)
{
    assert_true(check_all(*state, "{active,inactive}", "/own-") >= 80);
}

static void what_is_adopted_is_valid(void **state)
{
    assert_true(check_all(*state, "adopted", "/own-unknown-parts") >= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_valid),
        cmocka_unit_test(what_is_adopted_is_valid),
    };

    if (access(SCHEMAS "domain.rng", R_OK) < 0) {
        printf("schema: no %sdomain.rng; it comes with libvirt\n", SCHEMAS);
        return getenv("VIFPLUG_CI") ? 1 : 77;
    }
    return cmocka_run_group_tests(tests, load_schemas, free_schemas);
}
