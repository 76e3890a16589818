/* Feeds files, and the files in folders, to a fuzz target: replay-NAME FILE-OR-FOLDER... */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

static unsigned n_replayed;

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
    LLVMFuzzerTestOneInput((const uint8_t *)text, size);
    free(text);
    n_replayed++;
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
