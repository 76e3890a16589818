#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "vif/document.h"

enum cli_status cli_cmd_xml(struct cli *cli)
{
    enum vif_form form = cli_given(cli, CLI_OPT_INACTIVE) ? VIF_FORM_INACTIVE : VIF_FORM_ACTIVE;
    struct vif_document document;
    char *sentence = NULL;
    int error = vif_document_load(cli->args[0], &document, &sentence);

    if (error) {
        return cli_fail(CLI_USAGE, sentence);
    }
    auto_free char *text = vif_document_format(&document, form);
    fputs(text, stdout);
    if (text[0] && text[strlen(text) - 1] != '\n') {
        putchar('\n');
    }
    vif_document_clear(&document);
    return CLI_DONE;
}
