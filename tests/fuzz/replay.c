/* Runs a fuzz target without libFuzzer: over files, and over changed copies of them that are the
 * same in every run. replay-NAME FILE-OR-FOLDER... */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

#define COPIES 300

static unsigned n_replayed;

/* xorshift32 */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Changes up to eight places: another byte, one from elsewhere, or a stretch that is cut out. */
static size_t change(char *data, size_t size, uint32_t *random)
{
    for (uint32_t n = next_random(random) % 8 + 1; n && size > 1; n--) {
        size_t at = next_random(random) % size;
        size_t from = next_random(random) % size;
        size_t length = next_random(random) % 16;

        switch (next_random(random) % 3) {
        case 0:
            data[at] = (char)next_random(random);
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

static void replay(const char *text, size_t size)
{
    char *copy = malloc(size + 1);
    uint32_t random = 1;

    LLVMFuzzerTestOneInput((const uint8_t *)text, size);
    for (int i = 0; copy && i < COPIES; i++) {
        memcpy(copy, text, size);
        LLVMFuzzerTestOneInput((const uint8_t *)copy, change(copy, size, &random));
    }
    free(copy);
    n_replayed++;
}

static void replay_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int c;

    if (!in || !out) {
        perror(path);
        exit(1);
    }
    while ((c = getc(in)) != EOF) {
        putc(c, out);
    }
    fclose(in);
    fclose(out);
    /* Shown when the target aborts. */
    fprintf(stderr, "%s\n", path);
    replay(text, size);
    free(text);
}

static void replay_folder(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;

    if (!dir) {
        perror(path);
        exit(1);
    }
    while ((entry = readdir(dir))) {
        char file[4096];
        struct stat st;

        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (stat(file, &st) == 0 && S_ISREG(st.st_mode)) {
            replay_file(file);
        }
    }
    closedir(dir);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat st;

        if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode)) {
            replay_folder(argv[i]);
        } else {
            replay_file(argv[i]);
        }
    }
    printf("%u inputs replayed\n", n_replayed);
    return n_replayed ? 0 : 1;
}
