#include "vif/uuidtext.h"

#include <ctype.h>
#include <stddef.h>

bool uuid_normalize(const char *text, char uuid[UUID_TEXT_SIZE])
{
    char *out = uuid;

    while (isspace((unsigned char)*text)) {
        text++;
    }
    for (size_t byte = 0; byte < 16; byte++) {
        while (*text == '-') {
            text++;
        }
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1])) {
            return false;
        }
        if (byte == 4 || byte == 6 || byte == 8 || byte == 10) {
            *out++ = '-';
        }
        *out++ = (char)tolower((unsigned char)*text++);
        *out++ = (char)tolower((unsigned char)*text++);
    }
    *out = '\0';
    while (isspace((unsigned char)*text)) {
        text++;
    }
    return !*text;
}
