#include "compare/report.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "compare/page.h"
#include "compare/svg.h"
#include "compare/text.h"

/* A folder to write files to. */
struct folder {
    const char *path;
    int fd;
};

static int write_all(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t written = write(fd, text, left);

        if (written < 0 && errno != EINTR) {
            return -errno;
        }
        text += written > 0 ? written : 0;
        left -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}

/* Writes a file under another name and then gives it its own, so that it appears whole. */
static int write_file(const struct folder *folder, const char *name, const char *text,
                      char **errorp)
{
    auto_free char *temp = str_printf(".%s.%ld", name, (long)getpid());
    int fd = openat(folder->fd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd < 0) {
        return error_set(errorp, errno, "cannot write %s/%s: %m", folder->path, name);
    }
    int error = write_all(fd, text);
    if (close(fd) && !error) {
        error = -errno;
    }
    if (!error && renameat(folder->fd, temp, folder->fd, name)) {
        error = -errno;
    }
    if (error) {
        unlinkat(folder->fd, temp, 0);
        return error_set(errorp, -error, "cannot write %s/%s: %s", folder->path, name,
                         strerror(-error));
    }
    return 0;
}

static int open_folder(const char *path, struct folder *folder, char **errorp)
{
    if (mkdir(path, 0755) && errno != EEXIST) {
        return error_set(errorp, errno, "cannot make the folder %s: %m", path);
    }
    folder->path = path;
    folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0) {
        return error_set(errorp, errno, "cannot write a report to %s: %m", path);
    }
    return 0;
}

static int write_plot(const struct folder *folder, const struct plot *plot, char **errorp)
{
    auto_free char *file = str_printf("%s.svg", plot->name);
    auto_free char *text = NULL;
    size_t size = 0;

    if (!plot->raw) {
        /* One of an earlier report would not be of this result. */
        if (unlinkat(folder->fd, file, 0) && errno != ENOENT) {
            return error_set(errorp, errno, "cannot remove %s/%s: %m", folder->path, file);
        }
        return 0;
    }
    FILE *out = text_open(&text, &size);
    svg_put(out, plot->raw, plot->title, plot->description, true);
    fclose(out);
    return write_file(folder, file, text, errorp);
}

static int write_result(const struct folder *folder, const struct compare_result *result,
                        char **errorp)
{
    cJSON *json = compare_result_to_json(result);
    char *printed = cJSON_Print(json);
    auto_free char *text = str_printf("%s\n", printed);

    cJSON_Delete(json);
    cJSON_free(printed);
    return write_file(folder, "result.json", text, errorp);
}

static int write_page(const struct folder *folder, const struct compare_result *result,
                      const struct compare_result *baseline, const struct plot *plots,
                      char **errorp)
{
    auto_free char *text = NULL;
    size_t size = 0;
    FILE *out = text_open(&text, &size);

    page_put(out, result, baseline, plots);
    fclose(out);
    return write_file(folder, "index.html", text, errorp);
}

static int draw_plots(const struct compare_result *result, struct plot *plots, char **errorp)
{
    int error = 0;

    for (unsigned i = 0; i < PLOT_N && !error; i++) {
        error = plot_draw(result, i, &plots[i], errorp);
    }
    return error;
}

/* The page comes last: where it is, all that it speaks of is there. */
static int write_report(const char *path, const struct compare_result *result,
                        const struct compare_result *baseline, const struct plot *plots,
                        char **errorp)
{
    struct folder folder = {.fd = -1};
    int error = open_folder(path, &folder, errorp);

    if (error) {
        return error;
    }
    error = write_result(&folder, result, errorp);
    for (unsigned i = 0; i < PLOT_N && !error; i++) {
        error = write_plot(&folder, &plots[i], errorp);
    }
    if (!error) {
        error = write_page(&folder, result, baseline, plots, errorp);
    }
    close(folder.fd);
    return error;
}

int compare_report(const struct compare_result *result, const struct compare_result *baseline,
                   const char *folder, char **errorp)
{
    struct plot plots[PLOT_N] = {};
    int error = draw_plots(result, plots, errorp);

    if (!error) {
        error = write_report(folder, result, baseline, plots, errorp);
    }
    for (size_t i = 0; i < PLOT_N; i++) {
        plot_clear(&plots[i]);
    }
    return error;
}
