#include "netdev/mac.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads one or two hex digits and moves *text behind them. */
static bool parse_octet(const char **text, uint8_t *octet)
{
    int high = hex_value((*text)[0]);

    if (high < 0) {
        return false;
    }
    int low = hex_value((*text)[1]);

    *octet = (uint8_t)(low < 0 ? high : high * 16 + low);
    *text += low < 0 ? 1 : 2;
    return true;
}

static bool parse(const char *text, struct mac *mac)
{
    for (int i = 0; i < 6; i++) {
        if ((i > 0 && *text++ != ':') || !parse_octet(&text, &mac->octet[i])) {
            return false;
        }
    }
    return *text == '\0';
}

int mac_parse(const char *text, struct mac *mac, char **errorp)
{
    struct mac parsed;

    if (!parse(text, &parsed)) {
        return error_set(errorp, EINVAL,
                         "malformed MAC address \"%.64s\": write six octets, as in "
                         "52:54:00:12:34:56",
                         text);
    }
    *mac = parsed;
    return 0;
}

int mac_check_guest(const struct mac *mac, char **errorp)
{
    static const struct mac zero;
    char text[MAC_TEXT_SIZE];

    if (mac_equal(mac, &zero)) {
        return error_set(errorp, EINVAL, "MAC address %s is all zeros", mac_format(mac, text));
    }
    if (mac->octet[0] & 1) {
        return error_set(errorp, EINVAL,
                         "MAC address %s is a multicast address; an interface needs one whose "
                         "first octet is even",
                         mac_format(mac, text));
    }
    return 0;
}

char *mac_format(const struct mac *mac, char text[MAC_TEXT_SIZE])
{
    const uint8_t *o = mac->octet;

    snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", o[0], o[1], o[2], o[3], o[4],
             o[5]);
    return text;
}

bool mac_equal(const struct mac *a, const struct mac *b)
{
    return memcmp(a->octet, b->octet, sizeof a->octet) == 0;
}

struct mac mac_host_side(const struct mac *guest)
{
    struct mac host = *guest;

    host.octet[0] = guest->octet[0] == 0xfe ? 0xfa : 0xfe;
    return host;
}
