/* LLDP frames, which anyone on the wire may send. Two bytes of input are an octet of the frame, so
 * that the corpus is hexadecimal digits, and any other bytes mean something, too. */
#include "netdev/lldp.h"
#include "base/mem.h"
#include "fuzz/fuzz.h"

static uint8_t nibble(uint8_t digit)
{
    return (digit >= 'A' ? digit + 9 : digit) & 0xf;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length = size / 2;
    /* It ends where its memory ends, so that reading on is seen. */
    auto_free uint8_t *frame = mem_zalloc(length ? length : 1);
    struct lldp_evb evb = {0};

    for (size_t i = 0; i < length; i++) {
        frame[i] = (uint8_t)(nibble(data[2 * i]) << 4 | nibble(data[2 * i + 1]));
    }
    if (!lldp_find_evb(frame, length, &evb) && (evb.capable || evb.enabled)) {
        abort();
    }
    return 0;
}
