/* UUIDs as text. */
#ifndef VIF_UUIDTEXT_H
#define VIF_UUIDTEXT_H

#include <stdbool.h>

#define UUID_TEXT_SIZE sizeof "01234567-89ab-cdef-0123-456789abcdef"

/* Writes the UUID in `text` to `uuid`, in lower case and with its four hyphens, and returns true;
 * or returns false where it is none. Like libvirt's virUUIDParse() (src/util/viruuid.c) this takes
 * white space around it, and hyphens between any two bytes or none at all. */
bool uuid_normalize(const char *text, char uuid[UUID_TEXT_SIZE]);

#endif
