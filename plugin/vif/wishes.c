#include "vif/wishes.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Takes over `where`. */
static void add(struct vif_wishes *wishes, const struct vif_wish *wish, char *where)
{
    wishes->list = mem_resize(wishes->list, wishes->n + 1, sizeof *wishes->list);
    wishes->wheres = mem_resize(wishes->wheres, wishes->n + 1, sizeof *wishes->wheres);
    wishes->list[wishes->n] = *wish;
    wishes->list[wishes->n].where = where;
    wishes->wheres[wishes->n++] = where;
}

void vif_wishes_add(struct vif_wishes *wishes, const struct vif_spec *spec, const char *where)
{
    add(wishes, &(struct vif_wish){.spec = spec}, str_dup(where));
}

static struct vif_wish wish_of(const struct vif_document *document, const struct vif_spec *spec)
{
    return (struct vif_wish){
        .spec = spec,
        .domain_name = document->domain_name,
        .domain_uuid = document->domain_uuid,
    };
}

void vif_wishes_add_of(struct vif_wishes *wishes, const struct vif_spec *spec,
                       const struct vif_document *domain, const char *where)
{
    const struct vif_wish wish = wish_of(domain, spec);

    add(wishes, &wish, str_dup(where));
}

/* `red.xml: interface 2 (target "web0")`; caller frees. */
static char *name_interface(const struct vif_document *document, size_t i)
{
    const char *dev = document->specs[i].target;
    auto_free char *number = document->kind == VIF_DOCUMENT_DOMAIN ? str_printf(" %zu", i + 1)
                                                                   : str_dup("");
    auto_free char *target = dev ? str_printf(" (target \"%s\")", dev) : str_dup("");

    return str_printf("%s: interface%s%s", document->file, number, target);
}

void vif_wishes_add_document(struct vif_wishes *wishes, const struct vif_document *document,
                             void (*left_alone)(void *data, const char *sentence), void *data)
{
    for (size_t i = 0; i < document->n_specs; i++) {
        const struct vif_wish wish = wish_of(document, &document->specs[i]);
        auto_free char *where = name_interface(document, i);

        if (wish.spec->type != VIF_TYPE_OTHER) {
            add(wishes, &wish, steal_ptr(where));
        } else if (left_alone) {
            auto_free char *sentence = str_printf("%s: type='%s' is left alone", where,
                                                  wish.spec->type_name);

            left_alone(data, sentence);
        }
    }
}

void vif_wishes_clear(struct vif_wishes *wishes)
{
    for (size_t i = 0; i < wishes->n; i++) {
        free(wishes->wheres[i]);
    }
    free(wishes->wheres);
    free(wishes->list);
    memset(wishes, 0, sizeof *wishes);
}
