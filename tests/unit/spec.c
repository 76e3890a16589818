/* vif/spec.h: what an <interface> is read as, what is refused and with which words, and what is
 * written of fields that were changed or never read. */
#include "support/test.h"

#include <errno.h>
#include <libxml/tree.h>

#include "base/mem.h"
#include "support/describe.h"
#include "vif/document.h"

#define BRIDGE(parts)   "<interface type='bridge'><source bridge='br0'/>" parts "</interface>"
#define NETWORK(parts)  "<interface type='network'><source network='n'/>" parts "</interface>"
#define DIRECT(parts)   "<interface type='direct'><source dev='eth0'/>" parts "</interface>"
#define ETHERNET(parts) "<interface type='ethernet'>" parts "</interface>"
#define OWN(parts)      "<v:reconnect xmlns:v='urn:vifplug:1' " parts "/>"
#define DOMAIN(own)                                                                                \
    "<domain><metadata><v:interfaces xmlns:v='urn:vifplug:1'>" own "</v:interfaces></metadata>"    \
    "<devices>" DIRECT(                                                                            \
        "<target dev='t0'/><mac address='52:54:00:00:00:01'/>") "</devices></domain>"
#define UUID "01234567-89ab-cdef-0123-456789abcdef"

static int parse(const char *xml, struct vif_document *document, char **errorp)
{
    return vif_document_parse("test", xml, strlen(xml), document, errorp);
}

/* Texts, and a line of describe_document() that must be there. */
static const struct {
    const char *xml;
    const char *line;
} accepted[] = {
    {BRIDGE(""), "bridge 'br0'"},
    {BRIDGE("<mac address='52:54:0:AB:1:2'/>"), "mac '52:54:00:ab:01:02'"},
    {BRIDGE("<vlan><tag id='0'/></vlan>"), "vlan trunk 0: 0/0"},
    {BRIDGE("<vlan><tag id='4095'/></vlan>"), "vlan trunk 0: 4095/0"},
    {BRIDGE("<vlan trunk='no'><tag id='7'/></vlan>"), "vlan trunk 0: 7/0"},
    {BRIDGE("<vlan trunk='Yes'><tag id='7'/></vlan>"), "vlan trunk 1: 7/0"},
    {BRIDGE("<vlan><tag id=' +7'/><tag id='7'/></vlan>"), "vlan trunk 1: 7/0 7/0"},
    {BRIDGE("<vlan><tag id='7' nativeMode='tagged'/></vlan>"), "vlan trunk 1: 7/1"},
    {BRIDGE("<vlan><tag id='7'/><tag id='8' nativeMode='untagged'/></vlan>"),
     "vlan trunk 1: 7/0 8/2"},
    {BRIDGE("<vlan><tag id='7'/></vlan><vlan><tag id='x'/></vlan>"), "vlan trunk 0: 7/0"},
    {BRIDGE("<virtualport type='openvswitch'/>"), "virtualport type 'openvswitch'"},
    {BRIDGE("<virtualport type='openvswitch'><parameters interfaceid='0123456789ABCDEF"
            "0123456789abcdef'/></virtualport>"),
     "interfaceid '" UUID "'"},
    {BRIDGE("<virtualport type='openvswitch'><parameters profileid="
            "'012345678901234567890123456789012345678'/></virtualport>"),
     "profileid '012345678901234567890123456789012345678'"},
    {DIRECT("<virtualport type='802.1Qbg'><parameters managerid='0xff' typeid='16777215' "
            "typeidversion='010'/></virtualport>"),
     "typeidversion '8'"},
    {NETWORK("<virtualport><parameters profileid='p'/></virtualport>"), "profileid 'p'"},
    {NETWORK("<virtualport type='midonet'/>"), "virtualport type 'midonet'"},
    {NETWORK("<bandwidth><inbound floor='9'/></bandwidth>"), "inbound 0 0 0 9"},
    {BRIDGE("<bandwidth><inbound average='1' peak='2' burst='3'/></bandwidth>"), "inbound 1 2 3 0"},
    {BRIDGE("<bandwidth><outbound average='4294967295'/></bandwidth>"),
     "outbound 4294967295 0 0 0"},
    {BRIDGE("<driver queues='4'/>"), "queues 4 mtu 0 "},
    {BRIDGE("<driver queues='0256'/>"), "queues 256 mtu 0 "},
    {BRIDGE("<model type='virtio-transitional'/><driver queues='4'/>"), "queues 4 mtu 0 "},
    {BRIDGE("<model type='e1000'/><driver queues='many'/>"), "queues 0 mtu 0 "},
    {BRIDGE("<mtu size='65535'/>"), "queues 0 mtu 65535 "},
    {BRIDGE("<mtu size='0'/>"), "queues 0 mtu 0 "},
    {BRIDGE("<link state='down'/>"), " down 1 "},
    {BRIDGE("<link state='up'/>"), " down 0 "},
    {BRIDGE("<port isolated='yes'/>"), " isolated 1 "},
    {BRIDGE("<port isolated='no'/>"), " isolated 2 "},
    {BRIDGE("<virtualport type='openvswitch'/><port isolated='yes'/>"), " isolated 1 "},
    {"<interface type='bridge' trustGuestRxFilters='no'><source bridge='b'/></interface>",
     " trust 2"},
    {"<interface type='network'><source network='n' portgroup='p'/></interface>", "portgroup 'p'"},
    {DIRECT(""), "dev 'eth0'"},
    {DIRECT(OWN("strategy='replug'")), "reconnect 'replug'\n"},
    {DIRECT(OWN("strategy='hub' find='mac' x:y='z' xmlns:x='urn:x'")),
     "reconnect 'hub'\nfind 'mac'\n"},
    {NETWORK(OWN("find='pool'")), "find 'pool'\n"},
    {BRIDGE(OWN("strategy='none' find='name'")), "reconnect 'none'\nfind 'name'\n"},
    {DIRECT("<reconnect strategy='red'/><v:other xmlns:v='urn:vifplug:1'/>"), "dev 'eth0'"},
    {DOMAIN("<v:reconnect dev='t0' strategy='hub'/><v:reconnect dev='t1' strategy='none'/>"),
     "reconnect 'hub'\n"},
    {DOMAIN("<v:reconnect mac='52:54:00:0:0:1' find='pool'/><v:reconnect dev='t0' "
            "strategy='hub' find='mac'/>"),
     "reconnect 'hub'\nfind 'pool'\n"},
    {"<interface type='direct'><source dev='eth0' mode='auto'/></interface>", "mode 'auto'"},
    {ETHERNET("<target dev='t0' managed='no'/>"), "managed 2 mode 0/0"},
    {ETHERNET("<target dev='t0' mode='fd'/>"), "managed 0 mode 1/0"},
    {ETHERNET("<target dev='t0' mode='ifname'/>"), "managed 0 mode 1/1"},
    {ETHERNET("<target managed='yes'/>"), "managed 0 mode 0/0"},
    {ETHERNET("<script path='/up'/><downscript path='/down'/>"), "downscript '/down'"},
    {BRIDGE("<target dev='t0' managed='yes'/>"), "managed 1 mode 0/0"},
    {BRIDGE("<alias name='net0'/>"), "alias 'net0'"},
    {"<interface/>", "type 'user'"},
    {"<interface type='hostdev'><source/><vlan><tag id='x'/></vlan></interface>", "interface 4"},
};

static void interfaces_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        struct vif_document document;
        char *error = NULL;

        check_ok(parse(accepted[i].xml, &document, &error), &error);

        auto_free char *text = describe_document(&document);

        if (!strstr(text, accepted[i].line)) {
            print_error("%s:\nno \"%s\" in\n%s\n", accepted[i].xml, accepted[i].line, text);
            fail();
        }
        vif_document_clear(&document);
    }
}

/* What libvirt 9.0 refuses too, but for those marked. */
static const struct {
    const char *xml;
    const char *sentence;
} refused[] = {
    {"<interface type='bridg'/>", "unknown <interface type='bridg'>"},
    {"<interface type=''/>", "unknown <interface type=''>"},
    {"<interface type='bridge'/>", "<interface type='bridge'> lacks <source bridge=''>"},
    {"<interface type='bridge'><source dev='b'/></interface>", "lacks <source bridge=''>"},
    {"<interface type='bridge'><source bridge=''/></interface>", "<source bridge=''> is empty"},
    {"<interface type='network'/>", "<interface type='network'> lacks <source network=''>"},
    {"<interface type='direct'/>", "<interface type='direct'> lacks <source dev=''>"},
    {"<interface type='direct'><source dev='e' mode='vpea'/></interface>", "<source mode='vpea'>"},
    {"<interface type='direct'><source dev='e' mode=''/></interface>", "<source mode=''>"},
    {BRIDGE("<mac address='52:54:00:00:01'/>"), "52:54:00:00:01"},
    {BRIDGE("<mac address='52-54-00-00-00-01'/>"), "52-54-00-00-00-01"},
    {BRIDGE("<mac address=''/>"), "<mac address=''>"},
    {BRIDGE("<mac address='01:00:5e:00:00:01'/>"), "multicast"},
    {BRIDGE("<mac address='ff:ff:ff:ff:ff:ff'/>"), "multicast"},
    {BRIDGE("<vlan/>"), "<vlan> has no <tag id=''/>"},
    {BRIDGE("<vlan><tag/></vlan>"), "<tag> lacks its id"},
    {BRIDGE("<vlan><tag id='4096'/></vlan>"), "<tag id='4096'> is too large: at most 4095"},
    {BRIDGE("<vlan><tag id='-1'/></vlan>"), "<tag id='-1'> is not a number"},
    {BRIDGE("<vlan><tag id='abc'/></vlan>"), "<tag id='abc'> is not a number"},
    {BRIDGE("<vlan><tag id=''/></vlan>"), "<tag id=''> is not a number"},
    {BRIDGE("<vlan><tag id='7 '/></vlan>"), "<tag id='7 '> is not a number"},
    {BRIDGE("<vlan><tag id='0x7'/></vlan>"), "<tag id='0x7'> is not a number"},
    {BRIDGE("<vlan><tag id='18446744073709551623'/></vlan>"), "is too large"},
    {BRIDGE("<vlan><tag id='7' nativeMode='native'/></vlan>"), "<tag nativeMode='native'>"},
    {BRIDGE("<vlan><tag id='7' nativeMode='tagged'/><tag id='8' nativeMode='tagged'/></vlan>"),
     "more than one tag with a nativeMode"},
    {BRIDGE("<vlan trunk='no'><tag id='7'/><tag id='8'/></vlan>"),
     "trunk='no'> with more than one"},
    {BRIDGE("<vlan trunk='no'><tag id='7' nativeMode='tagged'/></vlan>"), "with a native tag"},
    {BRIDGE("<vlan trunk='maybe'><tag id='7'/></vlan>"), "<vlan trunk='maybe'>"},
    {BRIDGE("<virtualport/>"), "<virtualport> lacks its type"},
    {BRIDGE("<virtualport type='ovs'/>"), "unknown <virtualport type='ovs'>"},
    {NETWORK("<virtualport type=''/>"), "unknown <virtualport type=''>"},
    {BRIDGE("<virtualport type='openvswitch'><parameters interfaceid='7'/></virtualport>"),
     "<parameters interfaceid='7'> is not a UUID"},
    {BRIDGE("<virtualport type='openvswitch'><parameters interfaceid='" UUID "0'/></virtualport>"),
     "is not a UUID"},
    {BRIDGE("<virtualport type='openvswitch'><parameters typeid='1'/></virtualport>"),
     "<virtualport type='openvswitch'> has no parameter \"typeid\""},
    {BRIDGE("<virtualport type='openvswitch'><parameters profileid="
            "'0123456789012345678901234567890123456789'/></virtualport>"),
     "is too long: at most 39 bytes"},
    {BRIDGE("<virtualport type='midonet'/>"), "lacks its parameter \"interfaceid\""},
    {DIRECT("<virtualport type='802.1Qbh'/>"), "lacks its parameter \"profileid\""},
    {DIRECT("<virtualport type='802.1Qbg'><parameters managerid='1' typeid='1'/></virtualport>"),
     "lacks its parameter \"typeidversion\""},
    {NETWORK("<virtualport><parameters managerid='256'/></virtualport>"), "at most 255"},
    {NETWORK("<virtualport><parameters typeid='one'/></virtualport>"), "is not a number"},
    {ETHERNET("<virtualport type='openvswitch'/>"), "<virtualport> does not go with"},
    {BRIDGE("<bandwidth><inbound/></bandwidth>"), "<inbound> of <bandwidth> lacks its average"},
    {BRIDGE("<bandwidth><inbound peak='1'/></bandwidth>"), "lacks its average"},
    {NETWORK("<bandwidth><inbound floor='1' burst='1'/></bandwidth>"), "but no average"},
    {BRIDGE("<bandwidth><inbound floor='1'/></bandwidth>"), "<inbound floor=''>"},
    {NETWORK("<bandwidth><outbound average='1' floor='1'/></bandwidth>"), "<outbound floor=''>"},
    {BRIDGE("<bandwidth><inbound average='fast'/></bandwidth>"), "<inbound average='fast'>"},
    {BRIDGE("<bandwidth><inbound average='1'/><inbound average='2'/></bandwidth>"),
     "more than one <inbound>"},
    {BRIDGE("<bandwidth classID='3'/>"), "classID"},
    {BRIDGE("<driver queues='-1'/>"), "<driver queues='-1'> is not a number"},
    {BRIDGE("<driver queues='4294967296'/>"), "is too large"},
    {BRIDGE("<mtu size='big'/>"), "<mtu size='big'> is not a number"},
    {BRIDGE("<link state='sideways'/>"), "<link state='sideways'>"},
    {BRIDGE("<model type='a b'/>"), "<model type='a b'>"},
    {BRIDGE("<port isolated='YES'/>"), "<port isolated='YES'>: must be 'yes' or 'no'"},
    {DIRECT("<port isolated='yes'/>"), "not 'direct'"},
    {BRIDGE("<virtualport type='midonet'><parameters interfaceid='" UUID
            "'/></virtualport><port isolated='yes'/>"),
     "does not go with <virtualport type='midonet'>"},
    {"<interface type='network' trustGuestRxFilters='1'><source network='n'/></interface>",
     "<interface trustGuestRxFilters='1'>"},
    {DIRECT(OWN("strategy=''")), "<reconnect strategy=''>: must be one of replug, hub and none"},
    {DIRECT(OWN("strategy='Hub'")), "<reconnect strategy='Hub'>"},
    {DIRECT(OWN("find='color'")), "<reconnect find='color'>: must be one of name, mac and pool"},
    {DIRECT(OWN("dev='eth0'")), "has no attribute 'dev'; it has strategy and find"},
    {DIRECT(OWN("v:find='mac'")), "has no attribute 'find'"},
    {DIRECT(OWN("") OWN("")), "there is more than one <reconnect>"},
    {DIRECT("<reconnect xmlns='urn:vifplug:1'><a/></reconnect>"),
     "<reconnect> of urn:vifplug:1 has no <a>"},
    {DIRECT("<reconnect xmlns='urn:vifplug:1'>hub</reconnect>"), "holds text; it is empty"},
    {DOMAIN("<v:reconnect strategy='hub'/>"), "needs dev='', the target of the interface"},
    {DOMAIN("<v:reconnect dev='t0' mac='52:54:00:00:00:01'/>"), "needs dev=''"},
    {DOMAIN("<v:reconnect dev=''/>"), "<reconnect dev=''> is empty"},
    {DOMAIN("<v:reconnect mac='x'/>"), "\"x\""},
    {DOMAIN("<v:reconnect dev='t0' mode='x'/>"), "it has dev, mac, strategy and find"},
    {ETHERNET("<target dev='t0' managed='maybe'/>"), "<target managed='maybe'>"},
    {ETHERNET("<target dev='t0' managed=''/>"), "<target managed=''>"},
    {BRIDGE("<target dev='t0' managed='no'/>"),
     "<target managed='no'> goes with <interface type='ethernet'> only, not 'bridge'"},
    {NETWORK("<target dev='t0' managed='no'/>"), "only, not 'network'"},
    {DIRECT("<target dev='t0' managed='no'/>"), "only, not 'direct'"},
    {"<interface type='user'><target dev='t0' managed='no'/></interface>", "only, not 'user'"},

    /* vifplug's own: see the top of spec.h. */
    {BRIDGE("<driver queues='0'/>"), "<driver queues='0'>: there must be at least one"},
    {BRIDGE("<mtu size='65536'/>"), "<mtu size='65536'> is too large: at most 65535"},
    {BRIDGE("<target dev=''/>"), "<target dev=''> is empty"},
    {BRIDGE("<bandwidth><inbound average='4294967296'/></bandwidth>"), "at most 4294967295"},
    {ETHERNET("<target managed='no'/>"), "<target managed='no'> lacks its dev"},
    {ETHERNET("<script path=''/>"), "<script path=''> is empty"},
    {ETHERNET("<target dev='t0' mode='fifo'/>"), "<target mode='fifo'>: must be 'fd' or 'ifname'"},
    {BRIDGE("<target dev='t0' mode='fd'/>"), "<target mode='fd'> goes with"},
    {BRIDGE("<mac address='00:00:00:00:00:00'/>"), "00:00:00:00:00:00"},
};

static void what_is_wrong_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct vif_document document;
        char *error = NULL;
        int result = parse(refused[i].xml, &document, &error);

        if (!result) {
            print_error("accepted: %s\n", refused[i].xml);
        }
        check_error(result, -EINVAL, &error, refused[i].sentence);
    }
}

static void a_refusal_leaves_the_spec_alone(void **state)
{
    struct vif_document document;
    struct vif_spec spec = {.mtu = 7};
    char *error = NULL;

    (void)state;
    check_ok(parse(BRIDGE(""), &document, &error), &error);
    xmlSetProp(document.specs[0].element, (const xmlChar *)"type", (const xmlChar *)"direct");
    check_error(vif_spec_parse(document.specs[0].element, &spec, &error), -EINVAL, &error,
                "<source dev=''>");
    assert_int_equal(spec.mtu, 7);
    assert_null(spec.type_name);
    vif_document_clear(&document);
}

static char *text_of(xmlNode *node)
{
    xmlBuffer *buffer = xmlBufferCreate();

    xmlNodeDump(buffer, NULL, node, 0, 0);

    char *text = str_dup((const char *)xmlBufferContent(buffer));

    xmlBufferFree(buffer);
    xmlFreeNode(node);
    return text;
}

static void a_spec_made_from_flags_is_written(void **state)
{
    struct vif_vlan_tag tag = {.id = 7, .native = VIF_NATIVE_TAGGED};
    char bridge[] = "br0";
    char type[] = "openvswitch";
    char target[] = "web0";
    struct vif_spec spec = {
        .type = VIF_TYPE_BRIDGE,
        .source_bridge = bridge,
        .target = target,
        .n_queues = 2,
        .mtu = 9000,
        .isolated = VIF_YES,
        .vlan = {.trunk = true, .tags = &tag, .n_tags = 1},
        .virtualport = {.present = true, .type = type},
        .bandwidth = {.present = true, .inbound = {.average_kBps = 5}},
    };

    (void)state;
    auto_free char *text = text_of(vif_spec_format(&spec, VIF_FORM_ACTIVE));

    assert_string_equal(text, "<interface type=\"bridge\">\n"
                              "  <source bridge=\"br0\"/>\n"
                              "  <vlan>\n"
                              "    <tag id=\"7\" nativeMode=\"tagged\"/>\n"
                              "  </vlan>\n"
                              "  <virtualport type=\"openvswitch\"/>\n"
                              "  <bandwidth>\n"
                              "    <inbound average=\"5\"/>\n"
                              "  </bandwidth>\n"
                              "  <port isolated=\"yes\"/>\n"
                              "  <target dev=\"web0\"/>\n"
                              "  <driver queues=\"2\"/>\n"
                              "  <mtu size=\"9000\"/>\n"
                              "</interface>");
}

static void changed_fields_win_over_what_was_kept(void **state)
{
    struct vif_document document;
    char *error = NULL;

    (void)state;
    check_ok(parse(ETHERNET("<target dev='t0' managed='yes' since='1'/><script path='/s' mode='7'/>"
                            "<mtu size='1400'/><port isolated='no'/><later/>"),
                   &document, &error),
             &error);

    struct vif_spec *spec = &document.specs[0];

    str_assign(&spec->target, "t1");
    str_assign(&spec->script, NULL);
    spec->managed = VIF_NO;
    spec->mtu = 0;
    spec->isolated = VIF_UNSET;

    auto_free char *text = text_of(vif_spec_format(spec, VIF_FORM_INACTIVE));

    assert_string_equal(text, "<interface type=\"ethernet\">\n"
                              "  <script mode=\"7\"/>\n"
                              "  <target dev=\"t1\" managed=\"no\" since=\"1\"/>\n"
                              "  <later/>\n"
                              "</interface>");
    vif_document_clear(&document);
}

static void a_copy_is_equal_and_its_own(void **state)
{
    struct vif_document document;
    struct vif_document copy = {.n_specs = 1, .specs = mem_zalloc(sizeof *copy.specs)};
    char *error = NULL;

    (void)state;
    check_ok(parse("<interface type='network'><mac address='52:54:00:00:00:01'/>"
                   "<source network='n' portgroup='p'/><vlan><tag id='1'/><tag id='2'/></vlan>"
                   "<virtualport type='openvswitch'><parameters interfaceid='" UUID
                   "' profileid='x'/></virtualport><target dev='t'/><script path='s'/>"
                   "<downscript path='d'/><model type='virtio'/><alias name='a'/></interface>",
                   &document, &error),
             &error);
    vif_spec_copy(&copy.specs[0], &document.specs[0]);

    auto_free char *before = describe_document(&document);

    vif_document_clear(&document);

    auto_free char *after = describe_document(&copy);

    assert_string_equal(before, after);
    vif_document_clear(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interfaces_are_read),
        cmocka_unit_test(what_is_wrong_is_refused_by_name),
        cmocka_unit_test(a_refusal_leaves_the_spec_alone),
        cmocka_unit_test(a_spec_made_from_flags_is_written),
        cmocka_unit_test(changed_fields_win_over_what_was_kept),
        cmocka_unit_test(a_copy_is_equal_and_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
