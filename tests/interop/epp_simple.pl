#!/usr/bin/perl
# Two registrars through Net::EPP::Simple: every command that it has. Prints "ok: ..." for each thing seen, dies on the
# first that is otherwise. Arguments: port, file of the authority's certificate.
use strict;
use warnings;
use Net::EPP::Simple;

my ($port, $ca) = @ARGV;
my $secret = 'Tide-and-9-bells';

sub log_in {
    my ($registrar) = @_;
    my $epp = Net::EPP::Simple->new(
        host => 'localhost', port => $port, user => $registrar, pass => "$registrar-pass",
        verify => 1, ca_file => $ca, timeout => 10, load_config => 0, reconnect => 1,
    );
    die "login of $registrar: $Net::EPP::Simple::Error" unless $epp;
    return $epp;
}

sub is {
    my ($what, $got, $wanted) = @_;
    $got = 'undef' unless defined $got;
    die "$what: got $got, wanted $wanted ($Net::EPP::Simple::Code $Net::EPP::Simple::Error)\n" unless $got eq $wanted;
    print "ok: $what\n";
}

sub done    { my ($what, $result) = @_; is($what, $result ? 1 : 0, 1) }
sub refused { my ($what, $result, $code) = @_; is($what, $result ? 'done' : $Net::EPP::Simple::Code, $code) }

my $harbour    = log_in('harbour');
my $lighthouse = log_in('lighthouse');
done('ping', $harbour->ping);

# Contacts
is('check of a free contact', $harbour->check_contact('maja-1'), 1);
is('check of a contact',      $harbour->check_contact('HM-1'),   0);
my $maja = {
    id         => 'maja-1',
    postalInfo => {
        int => {
            name => 'Maja Lund',
            org  => 'Lund & Sons',
            addr => { street => ['Quay 4', '', ''], city => 'Port', sp => 'Tideshire', pc => 'PM1 4LN', cc => 'GB' },
        },
    },
    voice    => '+44.1865550177',
    fax      => '+44.1865550178',
    email    => 'maja@lund.example',
    authInfo => $secret,
};
done('create_contact', $harbour->create_contact($maja));
my $info = $harbour->contact_info('maja-1');
is('contact_info', join(' ', @{$info->{status}}, $info->{clID}, $info->{authInfo}), "ok harbour $secret");
is('its address', $info->{postalInfo}->{int}->{addr}->{city}, 'Port');
# It sends add, rem and chg always; the schema has no empty add or rem of a contact, so each must have something in it.
refused('update_contact with an empty rem', $harbour->update_contact({
    id  => 'maja-1',
    add => { status => ['clientTransferProhibited'] },
    chg => { email => 'maja@new.example' },
}), 2003);
my @guards = ('clientTransferProhibited', 'clientDeleteProhibited');
done('its status is set by frame', $harbour->_get_response_result($harbour->request(<<"EOF")));
<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><update>
<update xmlns="urn:ietf:params:xml:ns:contact-1.0"><id>maja-1</id><add><status s="$guards[0]"/></add></update>
</update><clTRID>BY-HAND-1</clTRID></command></epp>
EOF
done('update_contact', $harbour->update_contact({
    id  => 'maja-1',
    add => { status => [$guards[1]] },
    rem => { status => [$guards[0]] },
    chg => { voice => '+44.1865550179', email => 'maja@new.example' },
}));
refused('delete of a protected contact', $harbour->delete_contact('maja-1'), 2304);
done('update_contact back', $harbour->update_contact({
    id => 'maja-1', add => { status => ['clientUpdateProhibited'] }, rem => { status => [$guards[1]] },
}));
done('its status is unset by frame', $harbour->_get_response_result($harbour->request(<<"EOF")));
<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><update>
<update xmlns="urn:ietf:params:xml:ns:contact-1.0"><id>maja-1</id><rem><status s="clientUpdateProhibited"/></rem></update>
</update><clTRID>BY-HAND-2</clTRID></command></epp>
EOF
refused('contact_info without password', $lighthouse->contact_info('maja-1'), 2201);
is('contact_info by password', $lighthouse->contact_info('maja-1', $secret)->{email}, 'maja@new.example');

# Its transfers
is('contact_transfer_request', $lighthouse->contact_transfer_request('maja-1', $secret)->{trStatus}, 'pending');
is('contact_transfer_query', $harbour->contact_transfer_query('maja-1')->{reID}, 'lighthouse');
done('contact_transfer_cancel', $lighthouse->contact_transfer_cancel('maja-1'));
done('contact_transfer_request again', $lighthouse->contact_transfer_request('maja-1', $secret));
done('contact_transfer_reject', $harbour->contact_transfer_reject('maja-1'));
done('contact_transfer_request once more', $lighthouse->contact_transfer_request('maja-1', $secret));
done('contact_transfer_approve', $harbour->contact_transfer_approve('maja-1'));
is('its sponsor', $lighthouse->contact_info('maja-1')->{clID}, 'lighthouse');
done('delete_contact', $lighthouse->delete_contact('maja-1'));

# Hosts
is('check of a free host', $harbour->check_host('ns9.homeport.test'), 1);
is('check of a host',      $harbour->check_host('ns1.homeport.test'), 0);
done('create_host', $harbour->create_host({
    name  => 'ns9.homeport.test',
    addrs => [ { ip => '192.0.2.99', version => 'v4' }, { ip => '2001:db8::99', version => 'v6' } ],
}));
done('update_host', $harbour->update_host({
    name => 'ns9.homeport.test',
    add  => { status => ['clientDeleteProhibited'], addrs => [ { ip => '192.0.2.98', version => 'v4' } ] },
}));
refused('delete of a protected host', $harbour->delete_host('ns9.homeport.test'), 2304);
done('a host is renamed', $harbour->update_host({
    name => 'ns9.homeport.test',
    rem  => { status => ['clientDeleteProhibited'], addrs => [ { ip => '192.0.2.99', version => 'v4' } ] },
    chg  => { name => 'ns8.homeport.test' },
}));
$info = $lighthouse->host_info('ns8.homeport.test');
is('host_info', join(' ', sort map { $_->{addr} } @{$info->{addrs}}), '192.0.2.98 2001:db8::99');
done('delete_host', $harbour->delete_host('ns8.homeport.test'));
refused('delete of a linked host', $harbour->delete_host('ns1.homeport.test'), 2305);

# Domains
is('check of a free domain', $harbour->check_domain('regatta.test'), 1);
is('check of a domain',      $harbour->check_domain('homeport.test'), 0);
done('create_domain', $harbour->create_domain({
    name       => 'regatta.test',
    period     => 1,
    registrant => 'HM-1',
    contacts   => { admin => 'HM-1', tech => 'AL-1', billing => 'HM-1' },
    ns         => [ 'ns1.homeport.test', 'ns2.homeport.test' ],
    authInfo   => $secret,
}));
$info = $harbour->domain_info('regatta.test');
is('domain_info', join(' ', @{$info->{ns}}, $info->{registrant}), 'ns1.homeport.test ns2.homeport.test HM-1');
is('domain_info that follows', $harbour->domain_info('regatta.test', undef, 1)->{registrant}->{email},
    'master@homeport.test');
done('update_domain', $harbour->update_domain({
    name => 'regatta.test',
    add  => { status => ['clientHold'] },
    rem  => { ns => ['ns2.homeport.test'] },
    chg  => { registrant => 'AL-1' },
}));
is('its statuses', join(' ', @{$harbour->domain_info('regatta.test')->{status}}), 'clientHold');
my $expiry = substr($info->{exDate}, 0, 10);
done('renew_domain', $harbour->renew_domain({ name => 'regatta.test', cur_exp_date => $expiry, period => 2 }));
is('its expiry', substr($harbour->domain_info('regatta.test')->{exDate}, 0, 4), substr($expiry, 0, 4) + 2);

# Their transfers
for my $answer (qw(reject approve)) {
    is("domain_transfer_request before $answer",
        $lighthouse->domain_transfer_request('regatta.test', $secret, 1)->{trStatus}, 'pending');
    my $method = "domain_transfer_$answer";
    done($method, $harbour->$method('regatta.test'));
}
is('domain_transfer_query', $lighthouse->domain_transfer_query('regatta.test')->{trStatus}, 'clientApproved');
done('its password is set anew', $lighthouse->update_domain({ name => 'regatta.test', chg => { authInfo => $secret } }));
is('domain_transfer_request back', $harbour->domain_transfer_request('regatta.test', $secret, 1)->{trStatus}, 'pending');
done('domain_transfer_cancel', $harbour->domain_transfer_cancel('regatta.test'));

# The queue: Net::EPP has frames for it, and Simple sends any frame.
my @told;
while (1) {
    my $req = Net::EPP::Frame::Command::Poll::Req->new;
    my $answer = $lighthouse->request($req) or die $Net::EPP::Simple::Error;
    last if $answer->code == 1300;
    my ($queue) = $answer->getElementsByLocalName('msgQ');
    push @told, map { $_->textContent } $answer->getElementsByLocalName('trStatus');
    my $ack = Net::EPP::Frame::Command::Poll::Ack->new;
    $ack->setMsgID($queue->getAttribute('id'));
    $answer = $lighthouse->request($ack);
    die 'ack: ' . $answer->code unless $answer->code == 1000;
}
is('what lighthouse was told last', $told[-1], 'clientCancelled');

done('delete_domain', $lighthouse->delete_domain('regatta.test'));
done('logout', $_->logout) for ($harbour, $lighthouse);
