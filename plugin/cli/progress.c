#include "cli/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"

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

void progress_bar(double done, const char *sentence)
{
    static const char full[] = "########################";
    const int width = sizeof full - 1;
    int filled = (int)(done * width);

    filled = filled < 0 ? 0 : filled > width ? width : filled;
    auto_free char *line = str_printf("[%.*s%*s] %3.0f %%  %s", filled, full, width - filled, "",
                                      done * 100, sentence);

    progress_show(line);
}

void progress_clear(void)
{
    if (shown) {
        fputs(ERASE_LINE, stderr);
        shown = false;
    }
}
