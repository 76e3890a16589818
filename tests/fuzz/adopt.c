/* libvirt/adopt.h on any domain: metadata is refused with a sentence, or the domain can be adopted
 * and released, and then has the interfaces that it had. */
#include "libvirt/adopt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz/fuzz.h"
#include "libvirt/adopted.h"
#include "support/describe.h"

static void give_up(const char *why, const char *a, const char *b)
{
    fprintf(stderr, "%s:\n--- first\n%s\n--- second\n%s\n", why, a, b);
    abort();
}

/* The domain as text when it was turned, or NULL where that was refused; caller frees. */
static char *turned(const char *text, size_t length,
                    int (*turn)(struct vif_document *, const struct adopt_options *,
                                struct adopt_change **, size_t *, char **))
{
    const struct adopt_options all = {0};
    struct adopt_change *changes;
    struct vif_document document;
    char *error = NULL;
    char *result = NULL;
    size_t n;

    if (vif_document_parse("fuzz", text, length, &document, &error)) {
        free(error);
        return NULL;
    }
    if (turn(&document, &all, &changes, &n, &error)) {
        if (!error || strchr(error, '\n')) {
            give_up("not one sentence", error ? error : "none", text);
        }
        free(error);
    } else {
        adopt_changes_free(changes, n);
        result = vif_document_text(&document);
    }
    vif_document_clear(&document);
    return result;
}

/* The fields of what the text would be as a definition; caller frees. */
static char *describe(const char *text)
{
    struct vif_document document;
    char *error = NULL;

    if (vif_document_parse("fuzz", text, strlen(text), &document, &error)) {
        give_up("what was written is refused", text, error);
    }
    auto_free char *definition = vif_document_format(&document, VIF_FORM_INACTIVE);
    vif_document_clear(&document);
    if (vif_document_parse("fuzz", definition, strlen(definition), &document, &error)) {
        give_up("the definition is refused", definition, error);
    }
    char *described = describe_document(&document);
    vif_document_clear(&document);
    return described;
}

/* What the hook does with a domain that it is given. */
static void read_as_hook(const char *text, size_t length)
{
    struct vif_document document;
    struct adopted *adopted;
    char *error = NULL;
    size_t n;

    if (vif_document_parse("fuzz", text, length, &document, &error) == 0) {
        if (document.kind == VIF_DOCUMENT_DOMAIN &&
            adopted_read(&document, true, &adopted, &n, &error) == 0) {
            adopted_free(adopted, n);
        }
        vif_document_clear(&document);
    }
    free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;

    read_as_hook(text, size);

    /* What is adopted already is whole after this. */
    auto_free char *whole = turned(text, size, release_domain);
    auto_free char *adopted = whole ? turned(whole, strlen(whole), adopt_domain) : NULL;
    if (!adopted) {
        return 0;
    }
    auto_free char *released = turned(adopted, strlen(adopted), release_domain);
    if (!released) {
        give_up("what was adopted cannot be released", whole, adopted);
        return 0;
    }
    auto_free char *before = describe(whole);
    auto_free char *after = describe(released);
    if (strcmp(before, after) != 0) {
        give_up("it came back another", before, after);
    }
    return 0;
}
