#include "vif/identity.h"

#include <stdio.h>
#include <string.h>
#include <uuid.h>

/* The name space of our name-based ids; an arbitrary UUID that must never change. */
static const char name_space[] = "0f6d7e3c-5f0b-4a55-9d2e-6f1c3a7b8e21";

void vif_identity_random(char id[37])
{
    uuid_t uuid;

    uuid_generate_random(uuid);
    uuid_unparse_lower(uuid, id);
}

void vif_identity_make(const char *domain_uuid, const struct mac *mac, size_t index, char id[37])
{
    char name[128];
    char text[MAC_TEXT_SIZE] = "";
    uuid_t space;
    uuid_t uuid;

    if (!domain_uuid && !mac) {
        vif_identity_random(id);
        return;
    }
    if (mac) {
        snprintf(name, sizeof name, "%s/%s", domain_uuid ? domain_uuid : "", mac_format(mac, text));
    } else {
        snprintf(name, sizeof name, "%s/%zu", domain_uuid, index);
    }
    uuid_parse(name_space, space);
    uuid_generate_sha1(uuid, space, name, strlen(name));
    uuid_unparse_lower(uuid, id);
}

struct mac vif_identity_mac(const char *interface_id)
{
    struct mac mac = {{0x52, 0x54, 0x00}};
    uuid_t uuid;

    if (uuid_parse(interface_id, uuid) == 0) {
        memcpy(&mac.octet[3], &uuid[13], 3);
    }
    return mac;
}
