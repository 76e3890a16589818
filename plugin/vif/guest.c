#include "vif/guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/document.h"
#include "vif/uuidtext.h"

bool vif_guest_is_file(const char *text)
{
    const char suffix[] = ".xml";
    size_t length = strlen(text);

    return str_eq(text, "-") || strchr(text, '/') ||
           (length >= strlen(suffix) && str_eq(text + length - strlen(suffix), suffix));
}

static int read_file(const char *file, struct vif_guest *guest, char **errorp)
{
    struct vif_document document;
    int error = vif_document_load(file, &document, errorp);

    if (error) {
        return error;
    }
    if (document.kind != VIF_DOCUMENT_DOMAIN) {
        error = error_set(errorp, EINVAL, "%s: no <domain> in it", document.file);
    } else if (!document.domain_uuid && !document.domain_name) {
        error = error_set(errorp, EINVAL, "%s: the domain has neither <uuid> nor <name>",
                          document.file);
    } else {
        guest->name = str_dup_or_null(document.domain_name);
        guest->uuid = str_dup_or_null(document.domain_uuid);
        guest->macs = mem_resize(NULL, document.n_specs, sizeof *guest->macs);
        for (size_t i = 0; i < document.n_specs; i++) {
            if (document.specs[i].has_mac) {
                guest->macs[guest->n_macs++] = document.specs[i].mac;
            }
        }
    }
    vif_document_clear(&document);
    return error;
}

int vif_guest_read(const char *text, struct vif_guest *guest, char **errorp)
{
    char uuid[UUID_TEXT_SIZE];

    memset(guest, 0, sizeof *guest);
    if (vif_guest_is_file(text)) {
        return read_file(text, guest, errorp);
    }
    guest->name = str_dup(text);
    guest->either = uuid_normalize(text, uuid);
    guest->uuid = guest->either ? str_dup(uuid) : NULL;
    return 0;
}

void vif_guest_clear(struct vif_guest *guest)
{
    free(guest->name);
    free(guest->uuid);
    free(guest->macs);
    memset(guest, 0, sizeof *guest);
}

bool vif_guest_owns(const struct vif_guest *guest, const struct vif_record *record)
{
    const struct vif_port *port = &record->port;
    bool by_name = guest->name && str_eq(guest->name, port->domain_name);
    bool by_uuid = guest->uuid && str_eq(guest->uuid, port->domain_uuid);

    return guest->either || !guest->uuid || !port->domain_uuid ? by_name || by_uuid : by_uuid;
}
