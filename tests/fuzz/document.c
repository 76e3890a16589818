/* vif/document.h on any input: it is refused with a sentence, or it is written so that reading it
 * again gives the same fields and writing it again the same text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz/fuzz.h"
#include "support/describe.h"
#include "vif/document.h"

static void give_up(const char *why, const char *a, const char *b)
{
    fprintf(stderr, "%s:\n--- first\n%s\n--- second\n%s\n", why, a, b);
    abort();
}

static void check_again(const struct vif_document *document, enum vif_form form)
{
    struct vif_document again;
    char *error = NULL;
    auto_free char *written = vif_document_format(document, form);
    auto_free char *before = describe_document(document);

    if (vif_document_parse("again", written, strlen(written), &again, &error)) {
        give_up("what was written is refused", written, error);
    }

    auto_free char *rewritten = vif_document_format(&again, form);
    auto_free char *after = describe_document(&again);

    if (strcmp(written, rewritten) != 0) {
        give_up("writing again changes the text", written, rewritten);
    }
    if (form == VIF_FORM_ACTIVE && strcmp(before, after) != 0) {
        give_up("reading again changes the fields", before, after);
    }
    vif_document_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vif_document document;
    char *error = NULL;

    if (vif_document_parse("fuzz", (const char *)data, size, &document, &error)) {
        if (!error || strchr(error, '\n')) {
            give_up("not one sentence", error ? error : "none", "");
        }
        free(error);
        return 0;
    }
    check_again(&document, VIF_FORM_ACTIVE);
    check_again(&document, VIF_FORM_INACTIVE);
    vif_document_clear(&document);
    return 0;
}
