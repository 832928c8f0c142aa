// Makes a macaroon as the stock trader makes its own, in a macaroons.db of the stock trader or a new one:
//
//	baker DIR PASSWORD ROOTKEYID ENTITY:ACTION...
//
// The password is hex: what lnd and the stock trader have in common, empty for traders of old. Prints the macaroon in
// hex.
package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/lightninglabs/lndclient"
	"github.com/lightningnetwork/lnd/macaroons"
	"gopkg.in/macaroon-bakery.v2/bakery"
)

func bake(dir, passwordHex, rootKeyID string, permissions []string) (string, error) {
	password, err := hex.DecodeString(passwordHex)
	if err != nil {
		return "", err
	}
	keys, db, err := lndclient.NewBoltMacaroonStore(dir, "macaroons.db", 5*time.Second)
	if err != nil {
		return "", err
	}
	defer db.Close()
	service, err := macaroons.NewService(keys, "pool", false, macaroons.IPLockChecker)
	if err != nil {
		return "", err
	}
	defer service.Close()
	if err := service.CreateUnlock(&password); err != nil {
		return "", err
	}
	ops := make([]bakery.Op, 0, len(permissions))
	for _, permission := range permissions {
		entity, action, _ := strings.Cut(permission, ":")
		ops = append(ops, bakery.Op{Entity: entity, Action: action})
	}
	made, err := service.NewMacaroon(context.Background(), []byte(rootKeyID), ops...)
	if err != nil {
		return "", err
	}
	bytes, err := made.M().MarshalBinary()
	return hex.EncodeToString(bytes), err
}

func main() {
	if len(os.Args) < 5 {
		fmt.Fprintln(os.Stderr, "usage: baker DIR PASSWORD ROOTKEYID ENTITY:ACTION...")
		os.Exit(1)
	}
	text, err := bake(os.Args[1], os.Args[2], os.Args[3], os.Args[4:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(text)
}
