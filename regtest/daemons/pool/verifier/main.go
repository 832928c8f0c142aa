// Measures how long the stock trader takes to read a proposed batch and to verify it:
//
//	verifier CASE.json
//
// The file holds the message and what the trader has stored; prints one JSON object with microseconds of processor
// time per proposal.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil"
	"github.com/lightninglabs/lndclient"
	"github.com/lightninglabs/pool/account"
	"github.com/lightninglabs/pool/auctioneerrpc"
	"github.com/lightninglabs/pool/order"
	"github.com/lightningnetwork/lnd/keychain"
	"github.com/lightningnetwork/lnd/lnwallet/chainfee"
	"google.golang.org/protobuf/proto"
)

type accountCase struct {
	TraderKey     string `json:"trader_key"`
	AuctioneerKey string `json:"auctioneer_key"`
	BatchKey      string `json:"batch_key"`
	Secret        string `json:"secret"`
	Value         int64  `json:"value"`
	Expiry        uint32 `json:"expiry"`
	Version       uint8  `json:"version"`
}

type askCase struct {
	Nonce           string `json:"nonce"`
	Version         uint32 `json:"version"`
	Rate            uint32 `json:"rate"`
	Amount          int64  `json:"amount"`
	Units           uint64 `json:"units"`
	MinUnits        uint64 `json:"min_units"`
	Duration        uint32 `json:"duration"`
	MaxBatchFeeRate int64  `json:"max_batch_fee_rate"`
	AccountKey      string `json:"account_key"`
	FundingKey      string `json:"funding_key"`
}

type verifyCase struct {
	Message      string        `json:"message"`
	BatchVersion uint32        `json:"batch_version"`
	BestHeight   uint32        `json:"best_height"`
	NodeKey      string        `json:"node_key"`
	LeastMs      int64         `json:"least_ms"`
	Accounts     []accountCase `json:"accounts"`
	Asks         []askCase     `json:"asks"`
}

type result struct {
	ReadUs   float64 `json:"readUs"`
	VerifyUs float64 `json:"verifyUs"`
	Channels int     `json:"channels"`
}

var errNotHere = errors.New("not in this measurement")

// orders answers for the trader's store of orders.
type orders struct {
	order.Store
	byNonce map[order.Nonce]order.Order
}

func (o *orders) GetOrder(nonce order.Nonce) (order.Order, error) {
	if found, ok := o.byNonce[nonce]; ok {
		return found, nil
	}
	return nil, errNotHere
}

// accounts answers for the trader's store of accounts; a copy each time, for the verifier writes into it.
type accounts struct {
	account.Store
	byKey map[[33]byte]*account.Account
}

func (a *accounts) Account(key *btcec.PublicKey) (*account.Account, error) {
	var raw [33]byte
	copy(raw[:], key.SerializeCompressed())
	if found, ok := a.byKey[raw]; ok {
		fresh := *found
		return &fresh, nil
	}
	return nil, errNotHere
}

// node answers for lnd.
type node struct {
	lndclient.LightningClient
	info *lndclient.Info
}

func (n *node) GetInfo(context.Context) (*lndclient.Info, error) { return n.info, nil }

// wallet answers for lnd's keys; the index of a locator is that of the ask.
type wallet struct {
	lndclient.WalletKitClient
	keys []*btcec.PublicKey
}

func (w *wallet) DeriveKey(_ context.Context, at *keychain.KeyLocator) (*keychain.KeyDescriptor, error) {
	return &keychain.KeyDescriptor{KeyLocator: *at, PubKey: w.keys[at.Index]}, nil
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "verifier:", err)
		os.Exit(1)
	}
}

func fromHex(text string) []byte {
	raw, err := hex.DecodeString(text)
	must(err)
	return raw
}

func point(text string) *btcec.PublicKey {
	key, err := btcec.ParsePubKey(fromHex(text))
	must(err)
	return key
}

func (c accountCase) stored() *account.Account {
	stored := &account.Account{
		Value:         btcutil.Amount(c.Value),
		Expiry:        c.Expiry,
		TraderKey:     &keychain.KeyDescriptor{PubKey: point(c.TraderKey)},
		AuctioneerKey: point(c.AuctioneerKey),
		BatchKey:      point(c.BatchKey),
		State:         account.StateOpen,
		Version:       account.Version(c.Version),
	}
	copy(stored.Secret[:], fromHex(c.Secret))
	return stored
}

func (c askCase) stored(index int) *order.Ask {
	var nonce order.Nonce
	copy(nonce[:], fromHex(c.Nonce))
	ask := &order.Ask{Kit: *order.NewKit(nonce)}
	ask.Version = order.Version(c.Version)
	ask.State = order.StateSubmitted
	ask.FixedRate = c.Rate
	ask.Amt = btcutil.Amount(c.Amount)
	ask.Units = order.SupplyUnit(c.Units)
	ask.UnitsUnfulfilled = order.SupplyUnit(c.Units)
	ask.MinUnitsMatch = order.SupplyUnit(c.MinUnits)
	ask.LeaseDuration = c.Duration
	ask.MaxBatchFeeRate = chainfee.SatPerKWeight(c.MaxBatchFeeRate)
	ask.ChannelType = order.ChannelTypeScriptEnforced
	ask.MultiSigKeyLocator = keychain.KeyLocator{Family: keychain.KeyFamilyMultiSig, Index: uint32(index)}
	copy(ask.AcctKey[:], fromHex(c.AccountKey))
	return ask
}

func managerOf(c *verifyCase) order.Manager {
	stored := &orders{byNonce: make(map[order.Nonce]order.Order)}
	keys := &wallet{}
	for index, entry := range c.Asks {
		ask := entry.stored(index)
		stored.byNonce[ask.Nonce()] = ask
		keys.keys = append(keys.keys, point(entry.FundingKey))
	}
	owned := &accounts{byKey: make(map[[33]byte]*account.Account)}
	for _, entry := range c.Accounts {
		var raw [33]byte
		copy(raw[:], fromHex(entry.TraderKey))
		owned.byKey[raw] = entry.stored()
	}
	info := &lndclient.Info{}
	copy(info.IdentityPubkey[:], fromHex(c.NodeKey))
	manager := order.NewManager(&order.ManagerConfig{
		Store:        stored,
		AcctStore:    owned,
		Lightning:    &node{info: info},
		Wallet:       keys,
		BatchVersion: order.BatchVersion(c.BatchVersion),
	})
	must(manager.Start())
	return manager
}

func read(message []byte) *order.Batch {
	var received auctioneerrpc.ServerAuctionMessage
	must(proto.Unmarshal(message, &received))
	batch, err := order.ParseRPCBatch(received.GetPrepare())
	must(err)
	return batch
}

func cpuUs() int64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano()/1000 + usage.Stime.Nano()/1000
}

// mean is the processor time of one call over at least so many milliseconds of it, garbage collection included.
func mean(leastMs int64, work func()) float64 {
	work()
	from := cpuUs()
	for count := 1; ; count++ {
		work()
		if spent := cpuUs() - from; spent >= leastMs*1000 {
			return float64(spent) / float64(count)
		}
	}
}

func main() {
	if len(os.Args) != 2 {
		must(errors.New("usage: verifier CASE.json"))
	}
	text, err := os.ReadFile(os.Args[1])
	must(err)
	var c verifyCase
	must(json.Unmarshal(text, &c))
	message := fromHex(c.Message)
	manager := managerOf(&c)
	batch := read(message)
	channels := 0
	for _, matched := range batch.MatchedOrders {
		channels += len(matched)
	}
	measured := result{Channels: channels}
	measured.ReadUs = mean(c.LeastMs, func() { read(message) })
	measured.VerifyUs = mean(c.LeastMs, func() { must(manager.OrderMatchValidate(batch, c.BestHeight)) })
	must(json.NewEncoder(os.Stdout).Encode(measured))
}
