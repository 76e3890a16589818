/* The folder of the records, and what happens in it (inotify(7)). */
#ifndef WATCH_FOLDER_H
#define WATCH_FOLDER_H

#include <net/if.h>

struct folder;

enum folder_event {
    FOLDER_QUIET,   /* nothing more has happened */
    FOLDER_RECORD,  /* the record of `name` is new, changed or gone */
    FOLDER_ANOTHER, /* all may be another than before: look at all again */
};

/* Begins to look at the records under `rundir`, which need not be there yet: from here on nothing
 * is missed. On success the caller calls folder_close(). */
int folder_open(const char *rundir, struct folder **folder, char **errorp);
void folder_close(struct folder *folder);

/* A descriptor that is readable when something has happened; borrowed. */
int folder_fd(const struct folder *folder);

/* Takes the next event; does not wait. */
enum folder_event folder_next(struct folder *folder, char name[IFNAMSIZ]);

#endif
