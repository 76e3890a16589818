#include "netdev/ifname.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex_digit(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

int ifname_check(const char *name, char **errorp)
{
    size_t length = strlen(name);

    if (length == 0) {
        return error_set(errorp, EINVAL, "the name of an interface must not be empty");
    }
    /* Bytes first, so that only a name that is fit to be printed gets into a sentence. */
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];

        if (c <= ' ' || c >= 0x7f) {
            return error_set(errorp, EINVAL,
                             "interface name with the byte 0x%02hhx in it, at byte %zu: use "
                             "letters, digits, '-', '_' and '.'",
                             c, i + 1);
        }
        if (strchr("/:%", c)) {
            return error_set(errorp, EINVAL,
                             "interface name with '%c' in it, at byte %zu: use letters, digits, "
                             "'-', '_' and '.'",
                             c, i + 1);
        }
    }
    if (length >= IFNAMSIZ) {
        return error_set(
            errorp, ENAMETOOLONG,
            "interface name \"%.64s%s\" is %zu bytes long; the kernel takes %d at most", name,
            length > 64 ? "..." : "", length, IFNAMSIZ - 1);
    }
    if (str_eq(name, ".") || str_eq(name, "..")) {
        return error_set(errorp, EINVAL, "\"%s\" cannot be the name of an interface", name);
    }
    return 0;
}

bool ifname_is_libvirts(const char *name)
{
    static const char *const prefixes[] = {"vnet", "macvtap", "macvlan"};

    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        size_t length = strlen(prefixes[i]);

        if (strncmp(name, prefixes[i], length) == 0) {
            const char *number = name + length;

            return number[0] && number[strspn(number, "0123456789")] == '\0';
        }
    }
    return false;
}

/* Copies the 32 hex digits of a UUID, in lower case. */
static bool uuid_digits(const char *uuid, char digits[32])
{
    size_t n = 0;

    for (size_t i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (uuid[i] != '-') {
                return false;
            }
        } else if (is_hex_digit(uuid[i])) {
            digits[n++] = (char)tolower((unsigned char)uuid[i]);
        } else {
            return false;
        }
    }
    return uuid[36] == '\0';
}

int ifname_generate(const char *interface_id, unsigned attempt, char name[IFNAMSIZ])
{
    char digits[32];

    if (attempt >= IFNAME_ATTEMPTS || !uuid_digits(interface_id, digits)) {
        return -EINVAL;
    }
    snprintf(name, IFNAMSIZ, "vif%.8s", &digits[(size_t)8 * attempt]);
    return 0;
}
