/* vif/document.h: each file of tests/unit/xml is written as the goldens in active/ and inactive/
 * say, and reading what was written gives the same fields and the same text again.
 *
 * VIFPLUG_REGENERATE=1 writes the goldens anew; look at the difference before you commit it. The
 * goldens were compared with what libvirt 9.0 itself writes: tests/unit/libvirt-agrees. */
#include "support/test.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "support/describe.h"
#include "vif/document.h"

static const char *const form_folder[] = {
    [VIF_FORM_ACTIVE] = "active",
    [VIF_FORM_INACTIVE] = "inactive",
};

/* The golden that belongs to a file; caller frees. */
static char *golden_path(const char *file, enum vif_form form)
{
    const char *base = strrchr(file, '/');

    return str_printf("%.*s/%s%s", (int)(base - file), file, form_folder[form], base);
}

static char *read_text(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *in = fopen(path, "r");

    if (in) {
        if (getdelim(&text, &size, '\0', in) < 0) {
            free(text);
            text = NULL;
        }
        fclose(in);
    }
    return text;
}

static void write_text(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static void check_same(const char *file, const char *what, const char *a, const char *b)
{
    if (!a || !b || strcmp(a, b) != 0) {
        print_error("%s: %s differs:\n--- expected\n%s\n--- got\n%s\n", file, what, a ? a : "none",
                    b ? b : "none");
        fail();
    }
}

static void parse(const char *name, const char *text, struct vif_document *document)
{
    char *error = NULL;

    check_ok(vif_document_parse(name, text, strlen(text), document, &error), &error);
}

static void check_golden(const char *file, const char *written, enum vif_form form)
{
    auto_free char *path = golden_path(file, form);

    if (getenv("VIFPLUG_REGENERATE")) {
        write_text(path, written);
    }

    auto_free char *golden = read_text(path);

    check_same(path, "golden", golden, written);
}

/* Writing what was read of what was written changes nothing, and in active form nothing is lost. */
static void check_again(const char *file, const struct vif_document *document, const char *written,
                        enum vif_form form)
{
    struct vif_document again;

    parse(file, written, &again);

    auto_free char *rewritten = vif_document_format(&again, form);
    auto_free char *before = describe_document(document);
    auto_free char *after = describe_document(&again);

    check_same(file, "second writing", written, rewritten);
    if (form == VIF_FORM_ACTIVE) {
        check_same(file, "second reading", before, after);
    }
    vif_document_clear(&again);
}

static void check_file(const char *file)
{
    struct vif_document document;
    char *error = NULL;

    check_ok(vif_document_load(file, &document, &error), &error);
    for (enum vif_form form = VIF_FORM_ACTIVE; form <= VIF_FORM_INACTIVE; form++) {
        auto_free char *written = vif_document_format(&document, form);

        check_golden(file, written, form);
        check_again(file, &document, written, form);
    }
    vif_document_clear(&document);
}

static void files_are_written_as_expected_and_read_again(void **state)
{
    auto_free char *pattern = str_printf("%s/tests/unit/xml/*.xml", getenv("VIFPLUG_SOURCE"));
    glob_t files;

    (void)state;
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        check_file(files.gl_pathv[i]);
    }
    assert_true(files.gl_pathc >= 40);
    globfree(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_written_as_expected_and_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
