#include "cli/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ECMA-48: back to the first column, and erase to the end of the line. */
#define ERASE_LINE "\r\033[K"

static bool shown;

void progress_show(const char *sentence)
{
    struct winsize size = {0};

    if (isatty(STDERR_FILENO)) {
        /* A line that wraps could not be taken away again. */
        int width = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;

        fprintf(stderr, ERASE_LINE "%.*s", width - 1, sentence);
        shown = true;
    }
}

void progress_clear(void)
{
    if (shown) {
        fputs(ERASE_LINE, stderr);
        shown = false;
    }
}
