/* Runs a libFuzzer target without libFuzzer: over each file given, and over changed copies of it
 * that are the same in every run. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COPIES 3000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* xorshift32 */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Changes up to eight places: another byte, one from elsewhere, or a stretch that is cut out. */
static size_t change(uint8_t *data, size_t size, uint32_t *random)
{
    for (uint32_t n = next_random(random) % 8 + 1; n && size > 1; n--) {
        size_t at = next_random(random) % size;
        size_t from = next_random(random) % size;
        size_t length = next_random(random) % 16;

        switch (next_random(random) % 3) {
        case 0:
            data[at] = (uint8_t)next_random(random);
            break;
        case 1:
            data[at] = data[from];
            break;
        default:
            if (at + length < size) {
                memmove(&data[at], &data[at + length], size - at - length);
                size -= length;
            }
            break;
        }
    }
    return size;
}

static int run_file(const char *path)
{
    static uint8_t original[65536];
    static uint8_t copy[65536];
    uint32_t random = 1;
    FILE *file = fopen(path, "rb");

    if (!file) {
        perror(path);
        return 1;
    }
    size_t size = fread(original, 1, sizeof original, file);

    fclose(file);
    LLVMFuzzerTestOneInput(original, size);
    for (int i = 0; i < COPIES; i++) {
        memcpy(copy, original, size);
        LLVMFuzzerTestOneInput(copy, change(copy, size, &random));
    }
    return 0;
}

int main(int argc, char **argv)
{
    int failed = argc < 2;

    for (int i = 1; i < argc; i++) {
        failed |= run_file(argv[i]);
    }
    return failed;
}
