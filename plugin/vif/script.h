/* Running an interface's script. */
#ifndef VIF_SCRIPT_H
#define VIF_SCRIPT_H

/* Runs the program at `path`, which must be absolute, with the interface's name as its only
 * argument, no standard input, our standard error, and standard output going there too; waits for
 * its end. No shell is involved. Returns 0; -ENOENT or -EACCES when it is missing or not
 * executable; -EIO when it failed. */
int vif_script_run(const char *path, const char *ifname, char **errorp);

#endif
