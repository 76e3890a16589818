#include "compare/text.h"

#include <stdlib.h>

FILE *text_open(char **text, size_t *size)
{
    FILE *out = open_memstream(text, size);

    if (!out) {
        abort();
    }
    return out;
}

/* The length of the character that begins here; 0 where none does. RFC 3629 has the table. */
static size_t character_length(const unsigned char *c)
{
    size_t length = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;

    if (c[0] > 0xf4 || (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f)) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

void text_repair(char *text)
{
    while (*text) {
        size_t length = character_length((const unsigned char *)text);

        if (length == 0) {
            *text = '?';
            length = 1;
        }
        text += length;
    }
}
