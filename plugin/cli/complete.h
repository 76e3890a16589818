/* Completion of command lines: the shell's script asks the program itself, so the two cannot
 * disagree. */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include <stdio.h>

/* The word that asks for it: vifplug __complete WORDS..., where the last word is the one to
 * complete. */
#define CLI_COMPLETE "__complete"

/* Prints what the last of the words may become, a candidate a line; "@file" stands for the names of
 * files, and "@command" for those of programs. */
void cli_complete(int n_words, char **words, FILE *out);

#endif
